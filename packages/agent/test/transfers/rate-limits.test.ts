// Limits on real transfers: measured at the origin's end and the sink's, changed while bytes flow, kept over restarts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyOf, type Handler, Origin, serveFile } from './origin.ts';
import { owner, Room, sha256 } from './room.ts';

const KiB = 1_024;
const MiB = 1_024 * KiB;
const body = bodyOf('limited', 24 * MiB);
const short = bodyOf('short', 60 * KiB);

const handler: Handler = (request, socket) => serveFile(request, socket, request.path === '/short' ? short : body);

describe('rate limits', () => {
  const origin = Origin.ofSuite(handler);

  // A machine that stalls makes a window slow, or the next one fast by what was held up: one of many windows must be right.
  test('a transfer keeps to its limit over 5 s (within 5 %), then to none, byte for byte', async () => {
    await using room = await Room.open();
    const rate = MiB;
    const { id } = await room.create(origin.url(), { maxBytesPerSecond: rate });
    const seen: { at: number; bytes: number }[] = [];
    const measured: number[] = [];
    const isRight = ({ bytesReceived }: { bytesReceived: number }) => {
      const now = { at: performance.now(), bytes: bytesReceived };
      const before = seen.findLast(({ at, bytes }) => bytes > 0 && now.at - at >= 5_000);
      seen.push(now);
      if (before === undefined) return false;
      const share = ((now.bytes - before.bytes) * 1_000) / (now.at - before.at) / rate;
      measured.push(Math.round(share * 1_000) / 10);
      return Math.abs(share - 1) <= 0.05;
    };
    await room.when(id, isRight).catch(() => assert.fail(`no window within 5 %, in % of the limit: ${measured}`));
    const unlimited = await room.transfers.setLimit(owner, id, null);
    assert.equal(unlimited.maxBytesPerSecond, null);
    assert.equal((await room.ended(id)).status, 'completed');
    assert.equal(sha256(room.read('file.bin')), sha256(body));
  });

  test('a file shorter than a second of its limit takes its share of a second too', async () => {
    await using room = await Room.open();
    const startedAt = performance.now();
    const record = await room.download(origin.url('/short'), { maxBytesPerSecond: 100 * KiB });
    assert.equal(record.status, 'completed');
    assert.ok(performance.now() - startedAt >= 600 * 0.9, 'at least as long as its bytes take');
    assert.equal(sha256(room.read('file.bin')), sha256(short));
  });

  test('limits are durable, told to watchers, and hold for what runs already', async () => {
    await using room = await Room.open();
    const set = { maxBytesPerSecond: 64 * KiB, maxActive: 16 };
    assert.deepEqual(room.transfers.limits, { ...set, maxBytesPerSecond: null });
    assert.deepEqual(await room.transfers.setLimits({ maxBytesPerSecond: 64 * KiB }), set);
    assert.deepEqual(
      room.facts.find(fact => fact.type === 'limits'),
      { type: 'limits', limits: set },
    );
    const { id } = await room.create(origin.url(), { start: false });
    await room.transfers.setLimit(owner, id, 5 * MiB);
    await room.reopen();
    assert.deepEqual(room.transfers.limits, set);
    assert.equal(room.get(id).maxBytesPerSecond, 5 * MiB);
    await room.transfers.start(owner, id);
    const slow = await room.when(id, ({ bytesReceived }) => bytesReceived > 16 * KiB);
    assert.ok(slow.bytesReceived < MiB, `${slow.bytesReceived} bytes at once under 64 KiB a second`);
    await room.transfers.setLimit(owner, id, null);
    await room.transfers.setLimits({ maxBytesPerSecond: null });
    assert.equal((await room.ended(id)).status, 'completed', 'well before 64 KiB a second would have brought it');
  });

  test('held back by a limit, it can be paused and canceled at once', async () => {
    await using room = await Room.open();
    const { id } = await room.create(origin.url('/short'), { maxBytesPerSecond: 1_024 });
    await room.when(id, ({ bytesReceived }) => bytesReceived > 0);
    const startedAt = performance.now();
    await room.transfers.cancel(owner, id);
    assert.ok(performance.now() - startedAt < 5_000);
    assert.equal(room.get(id).status, 'canceled');
    assert.deepEqual(room.names, []);
  });

  test('an unknown transfer has no limit to set', async () => {
    await using room = await Room.open();
    const unknown = '00000000-0000-4000-8000-000000000000';
    await assert.rejects(room.transfers.setLimit(owner, unknown, 2_048), { code: 'not-found' });
  });
});
