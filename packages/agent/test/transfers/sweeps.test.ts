// Retry, cancel all, remove finished: at every status, in every scope, durable.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { ParsedCreateDownloadRequest } from '@longhaul/agent-protocol';
import { answer, bodyOf, type Handler, Origin, serveFile, serveStart } from './origin.ts';
import { owner, Room, sha256 } from './room.ts';

const body = bodyOf('again', 300_000);
const half = 100_000;
let isThere = false;

const handler: Handler = (request, socket) => {
  if (request.path === '/later' && !isThere) return answer(socket, 404, {});
  if (request.path === '/held' && !isThere) serveStart(socket, body, half);
  else serveFile(request, socket, body);
};

describe('again, and all at once', () => {
  const origin = Origin.ofSuite(handler);
  const illegal = { code: 'illegal-state' };
  const open = Room.openPatient;
  const held = (room: Room, more: Partial<ParsedCreateDownloadRequest> = {}) => {
    isThere = false;
    return room.underWay(origin.url('/held'), half, more);
  };

  test('what failed runs again under its id, as if it were new', async () => {
    await using room = await open();
    isThere = false;
    const failed = await room.download(origin.url('/later'));
    assert.deepEqual([failed.status, failed.statusCode], ['error', 404]);
    isThere = true;
    const again = await room.transfers.retry(owner, failed.id);
    assert.deepEqual([again.id, again.status, again.error, again.finishedAt], [failed.id, 'idle', null, null]);
    assert.equal(again.statusCode, null);
    assert.ok(again.revision > failed.revision);
    assert.equal((await room.ended(failed.id)).status, 'completed');
    assert.equal(sha256(room.read('file.bin')), sha256(body));
    await assert.rejects(room.transfers.retry(owner, failed.id), illegal);
  });

  test('what was canceled begins from zero, started before or not; what has not ended is not retried', async () => {
    await using room = await open();
    const id = await held(room);
    await assert.rejects(room.transfers.retry(owner, id), illegal);
    await room.transfers.cancel(owner, id);
    isThere = true;
    await room.transfers.retry(owner, id);
    const record = await room.ended(id);
    assert.deepEqual([record.status, record.hasRestarted], ['completed', false]);
    const idle = await room.create(origin.url(), { start: false, file: room.path('second') });
    await room.transfers.cancel(owner, idle.id);
    assert.equal((await room.transfers.retry(owner, idle.id)).isStarted, true);
    assert.equal((await room.ended(idle.id)).status, 'completed');
  });

  test('where only the name was taken, the bytes are still there and are not fetched again', async () => {
    await using room = await open();
    const id = await held(room);
    isThere = true;
    writeFileSync(room.path('file.bin'), 'theirs');
    origin.cut();
    const failed = await room.ended(id);
    assert.equal(failed.error?.code, 'target-exists');
    await assert.rejects(room.transfers.retry(owner, id), { code: 'target-exists' });
    assert.equal(room.get(id).status, 'error');
    rmSync(room.path('file.bin'));
    const asked = origin.requests.length;
    await room.transfers.retry(owner, id);
    assert.equal((await room.ended(id)).status, 'completed');
    assert.equal(origin.requests.length, asked);
    assert.equal(sha256(room.read('file.bin')), sha256(body));
  });

  test('a retry keeps the rules of a new one: one target for one transfer (BT-20), and the quota (BT-09)', async () => {
    await using room = await open({ limits: { maxUnfinishedPerApp: 1 } });
    const create = (more: Partial<ParsedCreateDownloadRequest>) =>
      room.transfers.create('a', room.request(origin.url('/held'), { start: false, ...more }));
    const scope = { role: 'app', app: 'a' } as const;
    const first = await create({});
    await room.transfers.cancel(scope, first.id);
    const other = await create({ file: room.path('other') });
    await assert.rejects(room.transfers.retry(scope, first.id), { code: 'quota-exceeded' });
    await room.transfers.remove(scope, other.id);
    const claimant = await room.create(origin.url('/held'), { start: false });
    await assert.rejects(room.transfers.retry(scope, first.id), { code: 'target-exists' });
    await room.transfers.remove(owner, claimant.id);
    assert.equal((await room.transfers.retry(scope, first.id)).isStarted, true, 'a refused retry used nothing up');
    await room.transfers.cancel(scope, first.id);
  });

  test('cancel all takes what has not ended, in scope only, durably, and leaves no part file', async () => {
    await using room = await open();
    isThere = true;
    const done = await room.download(origin.url(), { file: room.path('done') });
    const running = await held(room);
    const idle = await room.create(origin.url(), { start: false, file: room.path('idle') });
    const theirs = await room.transfers.create('b', room.request(origin.url(), { start: false, file: room.path('b') }));
    assert.equal(await room.transfers.cancelAll({ role: 'app', app: 'longhaul' }), 2);
    await room.reopen();
    const statusOf = (id: string) => room.get(id).status;
    assert.deepEqual([done.id, running, idle.id, theirs.id].map(statusOf), [
      'completed',
      'canceled',
      'canceled',
      'idle',
    ]);
    assert.equal(await room.transfers.cancelAll(owner), 1);
    assert.equal(await room.transfers.cancelAll(owner), 0);
    assert.deepEqual(room.names, ['done']);
  });

  test('remove finished takes what has ended, in scope only, durably, and leaves files', async () => {
    await using room = await open();
    isThere = true;
    await room.download(origin.url(), { file: room.path('done') });
    for (let count = 0; count < 300; count += 1)
      await room.create(origin.url(), { start: false, file: room.path(`${count}`) });
    assert.equal(await room.transfers.cancelAll(owner), 300);
    const running = await held(room);
    const mine = { role: 'app', app: 'longhaul' } as const;
    assert.equal(await room.transfers.removeFinished({ role: 'app', app: 'b' }), 0);
    assert.equal(await room.transfers.removeFinished(mine), 301);
    assert.equal(room.facts.filter(fact => fact.type === 'removed').length, 301);
    assert.deepEqual(
      room.transfers.list(owner).map(({ id }) => id),
      [running],
    );
    await room.transfers.cancel(owner, running);
    assert.equal(await room.transfers.removeFinished(mine), 1);
    await room.reopen();
    assert.deepEqual([room.transfers.list(owner), room.names], [[], ['done']]);
  });
});
