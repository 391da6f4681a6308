// Several connections for one file, against real servers: where they pay there are several, where they do not there is one, and
// whatever a server does to one of them, the file is byte-identical in the end.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { leakCheck, seededRandom, waitFor } from '@longhaul/testing';
import { HttpSource } from '../../src/transfers/http-source.ts';
import { Http1Source } from '../../src/transfers/http1/http1-source.ts';
import { rangeOf, serveFile, servePaced } from './origin.ts';
import { owner, type RoomOptions, sha256 } from './room.ts';
import { body, changed, digest, KiB, MiB, Scene } from './segment-scene.ts';
import { Authority } from './tls-suite.ts';

describe('segments', () => {
  const leaks = leakCheck();
  after(leaks);

  test('a server that limits each connection is asked over four, and the file is the same', async () => {
    await using scene = await Scene.open();
    const { room, origin } = scene;
    const id = await scene.overFour({ checksum: digest });
    const running = room.get(id);
    const { ranges } = room.transfers.details(owner, id);
    assert.ok(ranges.length > 1, JSON.stringify(ranges));
    assert.equal(
      ranges.reduce((sum, { length }) => sum + length, 0),
      room.get(id).bytesReceived,
    );
    assert.ok(running.bytesReceived < body.byteLength);
    scene.hurry();
    const record = await room.ended(id);
    assert.deepEqual([record.status, record.checksum?.isVerified, record.connections], ['completed', true, 0]);
    assert.equal(record.bytesReceived, body.byteLength);
    assert.equal(sha256(room.read('file.bin')), digest.expected);
    assert.deepEqual(room.transfers.details(owner, id).ranges, [{ offset: 0, length: body.byteLength }]);
    for (const { headers } of origin.requests.slice(1)) assert.equal(headers.get('if-range'), '"one"');
  });

  test('a link that one connection fills gets no second one', async () => {
    const large = Buffer.alloc(64 * MiB, body);
    // So slow that a machine which does other things fills it too.
    await using scene = await Scene.open(() => (request, socket) => serveFile(request, socket, large), {
      limits: { fullLinkBytesPerSecond: 4 * MiB },
    });
    const record = await scene.room.download(scene.origin.url());
    assert.equal(record.status, 'completed');
    assert.equal(scene.origin.requests.length, 1);
    assert.equal(sha256(scene.room.read('file.bin')), sha256(large));
  });

  test('node:http as the source carries segments too', async () => {
    await using scene = await Scene.open(undefined, { makeSource: limits => new HttpSource(limits) });
    const id = await scene.overFour();
    scene.hurry();
    assert.equal((await scene.room.ended(id)).status, 'completed');
    assert.equal(sha256(scene.room.read('file.bin')), digest.expected);
  });

  test('a rate limit below what one connection brings gets no more of them', async () => {
    await using scene = await Scene.open(() => (request, socket) => serveFile(request, socket, body));
    const record = await scene.room.download(scene.origin.url(), { maxBytesPerSecond: 3 * MiB });
    assert.equal(record.status, 'completed');
    assert.equal(scene.origin.requests.length, 1);
  });

  const limited = {
    'of their transfer': (scene: Scene, id: string) => scene.room.transfers.setLimit(owner, id, MiB),
    'of all transfers': (scene: Scene) => scene.room.transfers.setLimits({ maxBytesPerSecond: MiB }),
  };
  for (const [which, limit] of Object.entries(limited)) {
    test(`several connections obey the limit ${which} together`, async () => {
      await using scene = await Scene.open();
      const { room } = scene;
      const id = await scene.overFour();
      await limit(scene, id);
      scene.hurry();
      // What was on its way when the limit came is here; from now on it is measured.
      const from = room.get(id).bytesReceived + 256 * KiB;
      const first = await room.when(id, ({ bytesReceived }) => bytesReceived >= from);
      const startedAt = performance.now();
      const last = await room.when(id, ({ bytesReceived }) => bytesReceived - first.bytesReceived >= 2 * MiB);
      const bytesPerMs = (last.bytesReceived - first.bytesReceived) / (performance.now() - startedAt);
      const share = (bytesPerMs * 1_000) / MiB;
      assert.ok(share < 1.05, `${share} of the limit`);
      assert.equal((await room.ended(id)).status, 'completed');
      assert.equal(sha256(room.read('file.bin')), digest.expected);
    });
  }

  test('over TLS too, with a checksum, across a pause', async () => {
    using authority = new Authority();
    const leaf = authority.leaf('good', 'IP:127.0.0.1', '20200101000000Z', '20990101000000Z');
    const makeSource: RoomOptions['makeSource'] = limits =>
      new Http1Source(limits, { ca: authority.ca, fallback: new HttpSource(limits, { ca: authority.ca }) });
    await using scene = await Scene.open(undefined, { makeSource }, leaf);
    const { room } = scene;
    const id = await scene.overFour({ checksum: digest });
    const paused = await room.transfers.pause(owner, id);
    assert.ok(room.transfers.details(owner, id).ranges.length > 1);
    await room.transfers.resume(owner, id);
    await room.when(id, ({ connections, bytesReceived }) => connections > 1 && bytesReceived > paused.bytesReceived);
    scene.hurry();
    const record = await room.ended(id);
    assert.deepEqual([record.status, record.hasRestarted, record.checksum?.isVerified], ['completed', false, true]);
    assert.equal(sha256(room.read('file.bin')), digest.expected);
  });

  test('a file that changes while parts of it are fetched is fetched anew, never mixed', async () => {
    let isChanged = false;
    await using scene = await Scene.open(pace => (request, socket) => {
      if (isChanged) return serveFile(request, socket, changed, '"two"');
      servePaced(request, socket, body, pace);
    });
    const { room, origin } = scene;
    const id = await scene.overFour();
    isChanged = true;
    origin.cut();
    const record = await room.ended(id);
    assert.deepEqual([record.status, record.hasRestarted], ['completed', true]);
    assert.equal(sha256(room.read('file.bin')), sha256(changed));
  });

  test('connections cut at any moment cost nothing that was received', async () => {
    const random = seededRandom();
    await using scene = await Scene.open(pace => (request, socket) => {
      pace.bytesPerSecond = MiB;
      const lastBytes = socket.bytesWritten + (100 + random.below(600)) * KiB;
      const timer = setInterval(() => socket.bytesWritten > lastBytes && socket.destroy(), 5);
      socket.once('close', () => clearInterval(timer));
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
    await using scene = await Scene.open();
    const { room, origin } = scene;
    const id = await scene.overFour({ checksum: digest });
    await room.when(id, ({ bytesReceived }) => bytesReceived > 1.5 * MiB);
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
    scene.hurry();
    await room.transfers.resume(owner, id);
    const record = await room.ended(id);
    assert.deepEqual([record.status, record.hasRestarted, record.checksum?.isVerified], ['completed', false, true]);
    assert.equal(sha256(room.read('file.bin')), digest.expected);
    assert.equal(
      origin.requests[askedBefore]?.headers.get('range'),
      `bytes=${ranges[0]!.length}-${ranges[1]!.offset - 1}`,
    );
    for (const request of origin.requests.slice(askedBefore)) {
      const [from] = rangeOf(request, body.byteLength)!;
      const isHere = ranges.some(({ offset, length }) => from >= offset && from < offset + length);
      assert.ok(!isHere, `${from} was here: ${JSON.stringify(ranges)}`);
    }
  });

  test('a canceled transfer ends all its connections and leaves nothing', async () => {
    await using scene = await Scene.open();
    const { room, origin } = scene;
    const id = await scene.overFour();
    assert.equal((await room.transfers.cancel(owner, id)).status, 'canceled');
    assert.deepEqual(room.names, []);
    await waitFor('the end of its connections', () => origin.openConnections === 0);
  });

  test('connections beyond the first fit into the limit of the host, and give way to other transfers', async () => {
    await using scene = await Scene.open(undefined, { limits: { maxConnectionsPerHost: 3 } });
    scene.pace.bytesPerSecond = 128 * KiB;
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
