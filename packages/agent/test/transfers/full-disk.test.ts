// Disks that are full or read-only, each a small tmpfs of its own: a clear status with a code, nothing lost, everyone else goes on.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { bodyOf, Origin, serveFile, serveStart } from './origin.ts';
import { owner, Room, sha256 } from './room.ts';

const body = bodyOf('full disk', 3_000_000);

/** Mounting needs root and its capability; where that is missing the tests say so. */
function whyNoMount(): string | false {
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root';
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { encoding: 'utf8' });
  return tried.status === 0 ? false : `a tmpfs cannot be mounted here: ${tried.stderr.trim()}`;
}
const skip = whyNoMount();

class Disk implements Disposable {
  readonly folder: string;

  constructor(folder: string, options: string) {
    mkdirSync(folder);
    this.folder = folder;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  }

  remount(options: string): void {
    execFileSync('mount', ['-o', `remount,${options}`, this.folder]);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.folder]);
  }
}

const half = 600_000;
const listen = () =>
  Origin.listen((request, socket) => {
    if (request.path === '/held' && !request.headers.has('range')) serveStart(socket, body, half);
    else serveFile(request, socket, body);
  });

describe('disks', { skip }, () => {
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
      const { id } = await room.create(origin.url('/held'), { file: `${disk.folder}/${name}` });
      await room.when(id, record => record.bytesReceived >= half);
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
