// Several connections for one file, against real servers: where they pay there are several, where they do not there is one, and
// whatever a server does to one of them, the file is byte-identical in the end.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { leakCheck, seededRandom } from '@longhaul/testing';
import { HttpSource } from '../../src/transfers/http-source.ts';
import type { TransferLimits } from '../../src/transfers/options.ts';
import {
  answer,
  bodyOf,
  type Handler,
  head,
  Origin,
  type OriginRequest,
  rangeOf,
  serveFile,
  servePaced,
} from './origin.ts';
import { owner, Room, type RoomOptions, sha256 } from './room.ts';

const MiB = 1024 * 1024;
const body = bodyOf('segments', 4 * MiB);
const changed = bodyOf('segments, changed', 4 * MiB);
/** Of one connection: alone it needs four seconds. */
const pace = MiB;
const smallParts: Partial<TransferLimits> = { minSegmentBytes: 128 * 1024, minSplitMs: 50 };
const digest = { algorithm: 'sha-256', expected: sha256(body) } as const;

async function play(handler: Handler, options: RoomOptions = {}) {
  const origin = await Origin.listen(handler);
  const room = await Room.open({ ...options, limits: { ...smallParts, ...options.limits } });
  return {
    origin,
    room,
    async [Symbol.asyncDispose]() {
      await room[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

/** Answers the first request well and slowly, and every other one as `odd` does. */
const oddBehindTheFirst =
  (odd: Handler): Handler =>
  (request, socket) =>
    request.nth === 1 ? servePaced(request, socket, body, 3 * pace) : odd(request, socket);

const partOf = (request: OriginRequest, of: Buffer = body) => {
  const [from, to] = rangeOf(request, of.byteLength)!;
  return { from, to, part: of.subarray(from, to) };
};

describe('segments', () => {
  const leaks = leakCheck();
  after(leaks);

  test('a server that limits each connection is asked over four, and the file is the same', async () => {
    await using scene = await play((request, socket) => servePaced(request, socket, body, pace));
    const { room, origin } = scene;
    const { id } = await room.create(origin.url(), { checksum: digest });
    const running = await room.when(id, ({ connections }) => connections === 4);
    const { ranges } = room.transfers.details(owner, id);
    assert.ok(ranges.length > 1, JSON.stringify(ranges));
    assert.equal(
      ranges.reduce((sum, { length }) => sum + length, 0),
      room.get(id).bytesReceived,
    );
    assert.ok(running.bytesReceived < body.byteLength);
    const record = await room.ended(id);
    assert.deepEqual([record.status, record.checksum?.isVerified, record.connections], ['completed', true, 0]);
    assert.equal(record.bytesReceived, body.byteLength);
    assert.equal(sha256(room.read('file.bin')), digest.expected);
    assert.deepEqual(room.transfers.details(owner, id).ranges, [{ offset: 0, length: body.byteLength }]);
    for (const { headers } of origin.requests.slice(1)) assert.equal(headers.get('if-range'), '"one"');
  });

  test('an unlimited link gets one connection', async () => {
    const large = Buffer.alloc(64 * MiB, body);
    await using scene = await play((request, socket) => serveFile(request, socket, large));
    const record = await scene.room.download(scene.origin.url());
    assert.equal(record.status, 'completed');
    assert.equal(scene.origin.requests.length, 1);
    assert.equal(sha256(scene.room.read('file.bin')), sha256(large));
  });

  test('node:http as the source carries segments too', async () => {
    await using scene = await play((request, socket) => servePaced(request, socket, body, pace), {
      makeSource: limits => new HttpSource(limits),
    });
    const { id } = await scene.room.create(scene.origin.url());
    await scene.room.when(id, ({ connections }) => connections > 1);
    assert.equal((await scene.room.ended(id)).status, 'completed');
    assert.equal(sha256(scene.room.read('file.bin')), digest.expected);
  });

  test('a rate limit below what one connection brings gets no more of them', async () => {
    await using scene = await play((request, socket) => servePaced(request, socket, body, 8 * pace));
    const record = await scene.room.download(scene.origin.url(), { maxBytesPerSecond: 3 * MiB });
    assert.equal(record.status, 'completed');
    assert.equal(scene.origin.requests.length, 1);
  });

  test('several connections obey the limit of their transfer', async () => {
    await using scene = await play((request, socket) => servePaced(request, socket, body, pace));
    const { room, origin } = scene;
    const { id } = await room.create(origin.url());
    await room.when(id, ({ connections }) => connections === 4);
    await room.transfers.setLimit(owner, id, MiB);
    const from = room.get(id).bytesReceived;
    const startedAt = performance.now();
    const record = await room.ended(id);
    const bytesPerMs = (body.byteLength - from) / (performance.now() - startedAt);
    assert.equal(record.status, 'completed');
    assert.ok(bytesPerMs < (1.15 * MiB) / 1_000, `${bytesPerMs * 1_000} bytes a second`);
  });

  const refusals: Readonly<Record<string, Handler>> = {
    'answers 503 to the second': (_request, socket) => answer(socket, 503, { 'Retry-After': 1 }),
    'answers 416 to it': (_request, socket) => answer(socket, 416, { 'Content-Range': `bytes */${body.byteLength}` }),
    'ignores its Range': (_request, socket) => answer(socket, 200, { ETag: '"one"' }, body),
    'hangs up on it': (_request, socket) => void socket.destroy(),
    'lies about where its part begins': (request, socket) => {
      const { from, to, part } = partOf(request);
      const range = `bytes ${from - 7}-${to - 8}/${body.byteLength}`;
      answer(socket, 206, { ETag: '"one"', 'Content-Range': range }, part);
    },
    'lies about the length of the file': (request, socket) => {
      const { from, to, part } = partOf(request);
      answer(socket, 206, { ETag: '"one"', 'Content-Range': `bytes ${from}-${to - 1}/${body.byteLength + 1}` }, part);
    },
    'gives a part of another file': (request, socket) => {
      const { from, to, part } = partOf(request, changed);
      answer(socket, 206, { ETag: '"two"', 'Content-Range': `bytes ${from}-${to - 1}/${body.byteLength}` }, part);
    },
    'has changed the file': (request, socket) => serveFile(request, socket, changed, '"two"'),
  };
  for (const [what, odd] of Object.entries(refusals)) {
    test(`a server that ${what} is left with one connection, and not asked again`, async () => {
      await using scene = await play(oddBehindTheFirst(odd));
      const record = await scene.room.download(scene.origin.url());
      assert.deepEqual([record.status, record.failedAttempts, record.hasRestarted], ['completed', 0, false]);
      assert.equal(sha256(scene.room.read('file.bin')), digest.expected);
      assert.equal(scene.origin.requests.length, 2);
      assert.deepEqual(scene.room.transfers.details(owner, record.id).attempts, []);
    });
  }

  test('a part longer than announced spoils nothing', async () => {
    await using scene = await play(
      oddBehindTheFirst((request, socket) => {
        const { from, to, part } = partOf(request);
        const range = `bytes ${from}-${to - 1}/${body.byteLength}`;
        socket.write(head(206, { ETag: '"one"', 'Content-Range': range, 'Transfer-Encoding': 'chunked' }));
        socket.write(`${(part.byteLength + 9).toString(16)}\r\n`);
        socket.write(part);
        socket.end('too much!\r\n0\r\n\r\n');
      }),
    );
    const record = await scene.room.download(scene.origin.url());
    assert.equal(record.status, 'completed');
    assert.equal(sha256(scene.room.read('file.bin')), digest.expected);
  });

  test('a file that changes while parts of it are fetched is fetched anew, never mixed', async () => {
    let isChanged = false;
    await using scene = await play((request, socket) => {
      if (isChanged) return serveFile(request, socket, changed, '"two"');
      servePaced(request, socket, body, pace);
    });
    const { room, origin } = scene;
    const { id } = await room.create(origin.url());
    await room.when(id, ({ connections }) => connections === 4);
    isChanged = true;
    origin.cut();
    const record = await room.ended(id);
    assert.deepEqual([record.status, record.hasRestarted], ['completed', true]);
    assert.equal(sha256(room.read('file.bin')), sha256(changed));
  });

  test('connections cut at any moment cost nothing that was received', async () => {
    const random = seededRandom();
    await using scene = await play((request, socket) => {
      const timer = setTimeout(() => socket.destroy(), 100 + random.below(700));
      socket.once('close', () => clearTimeout(timer));
      servePaced(request, socket, body, pace);
    });
    const record = await scene.room.download(scene.origin.url(), { checksum: digest });
    const seed = `seed ${random.seed}`;
    assert.deepEqual(
      [record.status, record.hasRestarted, record.checksum?.isVerified],
      ['completed', false, true],
      seed,
    );
    assert.equal(sha256(scene.room.read('file.bin')), digest.expected, seed);
  });

  test('ranges behind a gap outlive pause and agent; only what is missing is fetched', async () => {
    let servedBytes = 0;
    await using scene = await play((request, socket) => {
      servePaced(request, socket, body, pace);
      const before = socket.bytesWritten;
      socket.once('close', () => {
        servedBytes += socket.bytesWritten - before;
      });
    });
    const { room, origin } = scene;
    const { id } = await room.create(origin.url(), { checksum: digest });
    await room.when(id, ({ connections, bytesReceived }) => connections === 4 && bytesReceived > 1.5 * MiB);
    const paused = await room.transfers.pause(owner, id);
    await room.reopen();
    const { ranges } = room.transfers.details(owner, id);
    assert.ok(ranges.length > 1, JSON.stringify(ranges));
    assert.equal(room.get(id).bytesReceived, paused.bytesReceived);
    assert.equal(
      ranges.reduce((sum, { length }) => sum + length, 0),
      paused.bytesReceived,
    );
    const askedBefore = origin.requests.length;
    await room.transfers.resume(owner, id);
    const record = await room.ended(id);
    assert.deepEqual([record.status, record.hasRestarted, record.checksum?.isVerified], ['completed', false, true]);
    assert.equal(sha256(room.read('file.bin')), digest.expected);
    assert.equal(
      origin.requests[askedBefore]?.headers.get('range'),
      `bytes=${ranges[0]!.length}-${ranges[1]!.offset - 1}`,
    );
    await room.close();
    origin.cut();
    assert.ok(servedBytes < 1.4 * body.byteLength, `${servedBytes} bytes were sent`);
  });

  test('a canceled transfer ends all its connections and leaves nothing', async () => {
    await using scene = await play((request, socket) => servePaced(request, socket, body, pace));
    const { room, origin } = scene;
    const { id } = await room.create(origin.url());
    await room.when(id, ({ connections }) => connections === 4);
    assert.equal((await room.transfers.cancel(owner, id)).status, 'canceled');
    assert.deepEqual(room.names, []);
  });

  test('connections beyond the first fit into the limit of the host, and give way to other transfers', async () => {
    await using scene = await play((request, socket) => servePaced(request, socket, body, pace / 4), {
      limits: { maxConnectionsPerHost: 3 },
    });
    const { room, origin } = scene;
    const { id } = await room.create(origin.url());
    await room.when(id, ({ connections }) => connections === 3);
    const others = await Promise.all(
      ['a', 'b'].map(name => room.create(origin.url(), { file: room.path(name) }).then(record => record.id)),
    );
    await room.when(id, ({ connections }) => connections === 1);
    for (const other of others) assert.equal((await room.when(other, each => each.connections > 0)).connections, 1);
    await Promise.all([id, ...others].map(each => room.transfers.cancel(owner, each)));
  });
});
