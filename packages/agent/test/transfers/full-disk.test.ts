// Disks that are full or read-only, each a small tmpfs of its own: a clear status with a code, nothing lost, everyone else goes on.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Disk, whyNoDisk } from './disk.ts';
import { bodyOf, Origin, serveFile, serveStart } from './origin.ts';
import { owner, Room, sha256 } from './room.ts';
import { digest, body as inParts, Scene } from './segment-scene.ts';

const body = bodyOf('full disk', 3_000_000);

const half = 600_000;
const listen = () =>
  Origin.listen((request, socket) => {
    if (request.path === '/held' && !request.headers.has('range')) serveStart(socket, body, half);
    else serveFile(request, socket, body);
  });

describe('disks', { skip: whyNoDisk }, () => {
  test('full: held with disk-full while another transfer completes; with space again it goes on from where it was', async () => {
    await using origin = await listen();
    await using room = await Room.open();
    using disk = new Disk(room.path('disk'), 'size=2m');
    const [full, other] = await Promise.all([
      room.download(origin.url(), { file: `${disk.folder}/big` }),
      room.download(origin.url(), { file: room.path('other') }),
    ]);
    assert.deepEqual([full.status, full.error?.code], ['paused-system-policy', 'disk-full']);
    assert.ok(full.bytesReceived > 1_000_000, `what fits is kept: ${full.bytesReceived}`);
    assert.equal(other.status, 'completed');
    await room.transfers.resume(owner, full.id);
    const still = await room.ended(full.id);
    assert.deepEqual([still.status, still.error?.code], ['paused-system-policy', 'disk-full'], 'still full');
    disk.remount('size=16m');
    await room.transfers.resume(owner, full.id);
    const record = await room.ended(full.id);
    assert.deepEqual([record.status, record.hasRestarted], ['completed', false]);
    assert.equal(sha256(room.read('disk/big')), sha256(body));
    assert.ok(Number(/\d+/.exec(origin.requests.at(-1)?.headers.get('range') ?? '0')?.[0]) > 1_000_000);
  });

  test('full while several connections write: what is written counts, and with space again only the rest is fetched', async () => {
    await using scene = await Scene.open();
    const { room, origin } = scene;
    using disk = new Disk(room.path('disk'), 'size=2m');
    const id = await scene.overFour({ file: `${disk.folder}/big`, checksum: digest });
    scene.hurry();
    const full = await room.ended(id);
    assert.deepEqual([full.status, full.error?.code], ['paused-system-policy', 'disk-full']);
    const { ranges } = room.transfers.details(owner, id);
    assert.equal(
      ranges.reduce((sum, { length }) => sum + length, 0),
      full.bytesReceived,
    );
    assert.ok(full.bytesReceived > 500_000 && full.bytesReceived <= 2 * 1_024 * 1_024, `${full.bytesReceived}`);
    disk.remount('size=16m');
    const askedBefore = origin.requests.length;
    await room.transfers.resume(owner, id);
    const record = await room.ended(id);
    assert.deepEqual([record.status, record.hasRestarted, record.checksum?.isVerified], ['completed', false, true]);
    assert.equal(sha256(room.read('disk/big')), sha256(inParts));
    assert.ok(origin.requests[askedBefore]?.headers.has('range'));
  });

  test('read-only: refused at creation', async () => {
    await using origin = await listen();
    await using room = await Room.open();
    using disk = new Disk(room.path('disk'), 'size=16m,ro');
    await assert.rejects(room.create(origin.url(), { file: `${disk.folder}/x` }), { code: 'target-not-writable' });
    assert.deepEqual(room.transfers.list(owner), []);
  });

  test('read-only later: held, then goes on; a part file that cannot be deleted goes at a later opening', async () => {
    await using origin = await listen();
    await using room = await Room.open();
    using disk = new Disk(room.path('disk'), 'size=16m');
    const halfWay = async (name: string) => {
      const id = await room.underWay(origin.url('/held'), half, { file: `${disk.folder}/${name}` });
      await room.transfers.pause(owner, id);
      return id;
    };
    const [kept, dropped] = [await halfWay('kept'), await halfWay('dropped')];
    disk.remount('ro');
    await room.transfers.resume(owner, kept);
    const held = await room.ended(kept);
    assert.deepEqual([held.status, held.error?.code], ['paused-system-policy', 'target-not-writable']);
    assert.equal((await room.transfers.cancel(owner, dropped)).status, 'canceled');
    assert.equal(readdirSync(disk.folder).length, 2, 'nothing could be deleted');
    disk.remount('rw');
    await room.reopen();
    await room.transfers.resume(owner, kept);
    assert.equal((await room.when(kept, ({ status }) => status === 'completed')).hasRestarted, false);
    await room.reopen();
    assert.deepEqual(readdirSync(disk.folder), ['kept']);
    assert.equal(sha256(room.read('disk/kept')), sha256(body));
  });
});
