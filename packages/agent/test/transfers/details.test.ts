// What a record leaves out: ranges, failed attempts, rates; in scope only.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer, bodyOf, type Handler, Origin, serveFile, serveStart } from './origin.ts';
import { owner, Room } from './room.ts';

const body = bodyOf('details', 300_000);
const half = 100_000;
let asked = 0;

const handler: Handler = (request, socket) => {
  if (request.path === '/busy' && ++asked <= 2) answer(socket, 503, {});
  else if (request.path === '/held') serveStart(socket, body, half);
  else serveFile(request, socket, body);
};

describe('details', () => {
  const origin = Origin.ofSuite(handler);

  test('the range received grows from zero; a running transfer has one connection, others none', async () => {
    await using room = await Room.openPatient();
    const { id } = await room.create(origin.url('/held'), { start: false });
    assert.deepEqual(room.transfers.details(owner, id), { id, ranges: [], attempts: [], rateHistory: [] });
    await room.transfers.start(owner, id);
    const running = await room.when(id, ({ bytesReceived }) => bytesReceived >= half);
    assert.equal(running.connections, 1);
    assert.deepEqual(room.transfers.details(owner, id).ranges, [{ offset: 0, length: half }]);
    assert.equal((await room.transfers.pause(owner, id)).connections, 0);
    await room.reopen();
    assert.deepEqual(room.transfers.details(owner, id).ranges, [{ offset: 0, length: half }]);
    await assert.rejects(async () => room.transfers.details({ role: 'app', app: 'b' }, id), { code: 'not-found' });
  });

  test('failed attempts are remembered with their errors, also when it completed in the end', async () => {
    await using room = await Room.open();
    const startedAt = Date.now();
    const { id, status } = await room.download(origin.url('/busy'));
    assert.equal(status, 'completed');
    const { attempts } = room.transfers.details(owner, id);
    assert.deepEqual(
      attempts.map(({ error }) => [error.code, error.webErrorStatus]),
      [
        ['web-error', 'http-503'],
        ['web-error', 'http-503'],
      ],
    );
    assert.ok(attempts.every(({ at }) => at >= startedAt && at <= Date.now()));
    await room.transfers.remove(owner, id);
    assert.throws(() => room.transfers.details(owner, id), { code: 'not-found' });
  });

  test('every byte is in the history of rates once its second is over', async () => {
    await using room = await Room.open();
    const { id } = await room.create(origin.url(), { maxBytesPerSecond: 200_000 });
    await room.ended(id);
    const history = () => room.transfers.details(owner, id).rateHistory;
    const sum = () => history().reduce((total, bytes) => total + bytes, 0);
    while (sum() < body.byteLength) await new Promise(resolve => setTimeout(resolve, 50));
    assert.equal(sum(), body.byteLength);
    assert.ok(history().length >= 2, 'a second and a half of bytes');
  });
});
