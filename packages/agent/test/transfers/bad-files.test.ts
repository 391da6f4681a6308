// Targets and part files that are not what they should be: nothing of somebody else's is ever written, replaced or deleted.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { link } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { leakCheck } from '@longhaul/testing';
import { bodyOf, Origin, serveFile, serveStart } from './origin.ts';
import { owner, Room, sha256 } from './room.ts';

const body = bodyOf('files', 900_000);
const half = 400_000;

describe('files', () => {
  let origin: Origin;
  const leaks = leakCheck();
  before(async () => {
    origin = await Origin.listen((request, socket) => {
      if (request.path === '/held' && !request.headers.has('range')) serveStart(socket, body, half);
      else serveFile(request, socket, body);
    });
  });
  after(async () => {
    await origin[Symbol.asyncDispose]();
    await leaks();
  });

  const open = () => Room.open({ limits: { stallTimeoutMs: 60_000 } });
  async function pausedHalfWay(room: Room): Promise<{ id: string; part: string }> {
    const { id } = await room.create(origin.url('/held'));
    await room.when(id, record => record.bytesReceived >= half);
    await room.transfers.pause(owner, id);
    const [name] = room.names.filter(name => name.endsWith('.longhaul.part'));
    return { id, part: room.path(name!) };
  }
  async function resumed(room: Room, id: string) {
    await room.transfers.resume(owner, id);
    return room.ended(id);
  }

  describe('the target', () => {
    const refused: [string, string, (room: Room) => string][] = [
      ['an existing file', 'target-exists', room => plain(room, 'there')],
      ['a symbolic link to a file', 'unsafe-path', room => linked(room, plain(room, 'there'))],
      ['a symbolic link to nothing', 'unsafe-path', room => linked(room, room.path('nothing'))],
      ['a folder', 'unsafe-path', room => folder(room)],
      ['a device', 'unsafe-path', () => '/dev/null'],
      ['a FIFO', 'unsafe-path', room => fifo(room)],
      ['in no folder', 'target-folder-missing', room => room.path('no/where')],
      ['in a file', 'target-folder-missing', room => `${plain(room, 'there')}/x`],
      ['a relative path', 'invalid-argument', () => 'file.bin'],
      ['a path with NUL', 'invalid-argument', room => room.path('a\0b')],
      ['a folder by its slash', 'invalid-argument', room => `${room.folder}/`],
      ['a folder by its dots', 'invalid-argument', room => `${room.folder}/..`],
      ['half a surrogate', 'invalid-argument', room => room.path('\ud800')],
      ['too long a name', 'invalid-argument', room => room.path('ä'.repeat(128))],
    ];
    function plain(room: Room, name: string): string {
      writeFileSync(room.path(name), 'theirs');
      return room.path(name);
    }
    function linked(room: Room, to: string): string {
      symlinkSync(to, room.path('link'));
      return room.path('link');
    }
    function folder(room: Room): string {
      mkdirSync(room.path('folder'));
      return room.path('folder');
    }
    function fifo(room: Room): string {
      execFileSync('mkfifo', [room.path('fifo')]);
      return room.path('fifo');
    }
    for (const [what, code, make] of refused) {
      test(`${what} is refused at once: ${code}`, async () => {
        await using room = await open();
        const file = make(room);
        const before = room.names;
        await assert.rejects(room.create(origin.url(), { file }), { code });
        if (code === 'unsafe-path')
          await assert.rejects(room.create(origin.url(), { file, collision: 'replace' }), { code });
        assert.deepEqual(room.names, before);
        assert.deepEqual(room.transfers.list(owner), []);
      });
    }

    test('the longest name there is can be downloaded to', async () => {
      await using room = await open();
      const name = `${'ä'.repeat(125)}a.bin`;
      const record = await room.download(origin.url(), { file: room.path(name) });
      assert.equal(record.status, 'completed', `${record.error?.message}`);
      assert.deepEqual(room.names, [name]);
    });

    test('the part file is closed to others, the finished file as the umask says', async () => {
      await using room = await open();
      const { id, part } = await pausedHalfWay(room);
      assert.equal(statSync(part).mode & 0o777, 0o600);
      await resumed(room, id);
      assert.equal(statSync(room.path('file.bin')).mode & 0o777, 0o666 & ~process.umask());
    });

    test('"replace" puts the new file in place of the old one in one step', async () => {
      await using room = await open();
      writeFileSync(room.path('file.bin'), 'old');
      const record = await room.download(origin.url(), { collision: 'replace' });
      assert.deepEqual([record.status, room.names], ['completed', ['file.bin']]);
      assert.equal(sha256(room.read('file.bin')), sha256(body));
    });

    test('"unique-name" goes beside what is there, each time with the next number', async () => {
      await using room = await open();
      writeFileSync(room.path('film.tar.gz'), 'theirs');
      const files: string[] = [];
      for (let round = 0; round < 2; round += 1) {
        const record = await room.download(origin.url(), { file: room.path('film.tar.gz'), collision: 'unique-name' });
        files.push(record.file);
      }
      assert.deepEqual(files, [room.path('film.tar (1).gz'), room.path('film.tar (2).gz')]);
      assert.equal(room.read('film.tar.gz').toString(), 'theirs');
    });

    test('"unique-name" leaves a name that is promised to another transfer', async () => {
      await using room = await open();
      const first = await pausedHalfWay(room);
      const record = await room.download(origin.url(), { collision: 'unique-name' });
      assert.equal(record.file, room.path('file (1).bin'));
      assert.equal((await resumed(room, first.id)).status, 'completed');
      assert.deepEqual(room.names, ['file (1).bin', 'file.bin']);
    });

    test('two unfinished transfers to one target are refused, however the folder is spelled (BT-20)', async () => {
      await using room = await open();
      mkdirSync(room.path('real'));
      symlinkSync(room.path('real'), room.path('alias'));
      await room.create(origin.url(), { file: room.path('real/x'), start: false });
      const taken = { code: 'target-exists' };
      await assert.rejects(room.create(origin.url(), { file: room.path('real/x') }), taken);
      await assert.rejects(room.create(origin.url(), { file: room.path('alias/x') }), taken);
      await assert.rejects(room.create(origin.url(), { file: room.path('real/x'), collision: 'replace' }), taken);
    });

    test('a file that appears meanwhile is not overwritten: an error, both are kept until the transfer is removed', async () => {
      await using room = await open();
      const { id, part } = await pausedHalfWay(room);
      writeFileSync(room.path('file.bin'), 'theirs');
      const record = await resumed(room, id);
      assert.deepEqual([record.status, record.error?.code], ['error', 'target-exists']);
      assert.equal(room.read('file.bin').toString(), 'theirs');
      assert.equal(sha256(readFileSync(part)), sha256(body));
      assert.ok(record.error?.message.includes(part), 'the message says where the bytes are');
      await room.transfers.remove(owner, id);
      assert.deepEqual(room.names, ['file.bin']);
    });

    test('a link that appears under the name is not followed, not even with "replace"', async () => {
      await using room = await open();
      const created = await room.create(origin.url('/held'), { collision: 'replace' });
      await room.when(created.id, record => record.bytesReceived >= half);
      await room.transfers.pause(owner, created.id);
      writeFileSync(room.path('victim'), 'theirs');
      symlinkSync(room.path('victim'), room.path('file.bin'));
      const record = await resumed(room, created.id);
      assert.deepEqual([record.status, record.error?.code], ['error', 'unsafe-path']);
      assert.equal(room.read('victim').toString(), 'theirs');
      assert.ok(lstatSync(room.path('file.bin')).isSymbolicLink());
    });
  });

  describe('the part file', () => {
    test('replaced by a symbolic link: nothing is written through it, and it is not deleted', async () => {
      await using room = await open();
      const { id, part } = await pausedHalfWay(room);
      writeFileSync(room.path('victim'), 'theirs');
      unlinkSync(part);
      symlinkSync(room.path('victim'), part);
      const record = await resumed(room, id);
      assert.deepEqual([record.status, record.error?.code], ['error', 'file-changed']);
      assert.equal(room.read('victim').toString(), 'theirs');
      assert.ok(lstatSync(part).isSymbolicLink());
    });

    for (const [what, replace] of [
      ['another file', (part: string) => writeFileSync(part, 'theirs')],
      ['a folder', (part: string) => mkdirSync(part)],
      ['a FIFO', (part: string) => execFileSync('mkfifo', [part])],
    ] as const) {
      test(`replaced by ${what}: it is left alone`, async () => {
        await using room = await open();
        const { id, part } = await pausedHalfWay(room);
        renameSync(part, room.path('moved'));
        replace(part);
        const record = await resumed(room, id);
        assert.deepEqual([record.status, record.error?.code], ['error', 'file-changed']);
        assert.equal(room.names.length, 2, 'both are still there');
        assert.equal(statSync(room.path('moved')).size, half);
      });
    }

    test('cut short by somebody: an error, not a file with a hole', async () => {
      await using room = await open();
      const { id, part } = await pausedHalfWay(room);
      truncateSync(part, 1_000);
      const record = await resumed(room, id);
      assert.deepEqual([record.status, record.error?.code], ['error', 'file-changed']);
    });

    test('deleted by somebody: from the beginning, and it says so', async () => {
      await using room = await open();
      const { id, part } = await pausedHalfWay(room);
      unlinkSync(part);
      await room.transfers.resume(owner, id);
      await room.when(id, record => record.hasRestarted && record.bytesReceived >= half);
      origin.latest?.resetAndDestroy();
      const record = await room.ended(id);
      assert.deepEqual([record.status, record.hasRestarted], ['completed', true]);
      assert.equal(sha256(room.read('file.bin')), sha256(body));
    });

    test('an empty file in its place is what a killed agent made and did not record: from the beginning', async () => {
      await using room = await open();
      const { id, part } = await pausedHalfWay(room);
      unlinkSync(part);
      writeFileSync(part, '');
      await room.transfers.resume(owner, id);
      await room.when(id, record => record.hasRestarted && record.bytesReceived >= half);
      await room.transfers.pause(owner, id);
      assert.equal(statSync(part).size, half);
      unlinkSync(part);
      writeFileSync(part, '');
      await room.transfers.cancel(owner, id);
      assert.deepEqual(room.names, [], 'and it goes with a cancel');
    });

    test('longer than what was recorded: the rest is cut off before anything is joined to it', async () => {
      await using room = await open();
      const { id, part } = await pausedHalfWay(room);
      writeFileSync(part, 'x'.repeat(2_000_000), { flag: 'a' });
      assert.equal((await resumed(room, id)).status, 'completed');
      assert.equal(sha256(room.read('file.bin')), sha256(body));
    });

    test('put there before the first run: a link or a file with content is left alone', async () => {
      for (const plant of [
        (part: string) => symlinkSync('/etc/hostname', part),
        (part: string) => writeFileSync(part, 'theirs'),
      ]) {
        await using room = await open();
        const { id } = await room.create(origin.url(), { start: false });
        plant(room.path(`.file.bin.${id.slice(0, 8)}${id.slice(-4)}.longhaul.part`));
        await room.transfers.start(owner, id);
        const record = await room.ended(id);
        assert.deepEqual([record.status, record.error?.code], ['error', 'file-changed']);
        assert.equal(room.names.length, 1);
      }
    });
  });

  describe('the folder', () => {
    test('gone when its turn comes: held, nothing is lost, and it goes on once the folder is back', async () => {
      await using room = await open();
      mkdirSync(room.path('sub'));
      const { id } = await room.create(origin.url('/held'), { file: room.path('sub/file.bin') });
      await room.when(id, record => record.bytesReceived >= half);
      await room.transfers.pause(owner, id);
      renameSync(room.path('sub'), room.path('away'));
      const heldRecord = await resumed(room, id);
      assert.deepEqual([heldRecord.status, heldRecord.error?.code], ['paused-system-policy', 'target-folder-missing']);
      renameSync(room.path('away'), room.path('sub'));
      const record = await resumed(room, id);
      assert.deepEqual([record.status, record.hasRestarted], ['completed', false]);
      assert.equal(sha256(room.read('sub/file.bin')), sha256(body));
    });
  });

  describe('a file system without links', () => {
    const noLinks = async () => {
      throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
    };
    /** As the kernel does: an existing name is noticed before links are found to be missing. */
    const noLinksButNames = async (existing: string, name: string) => {
      const probe = `${name}.exists`;
      await link(existing, probe);
      unlinkSync(probe);
      if (lstatSync(name, { throwIfNoEntry: false })) throw Object.assign(new Error('exists'), { code: 'EEXIST' });
      return noLinks();
    };

    test('the file gets its name by way of an exclusive placeholder', async () => {
      await using room = await Room.open({ linkFile: noLinks });
      assert.equal((await room.download(origin.url())).status, 'completed');
      assert.deepEqual(room.names, ['file.bin']);
      assert.equal(sha256(room.read('file.bin')), sha256(body));
    });

    test('an existing file is a conflict there too; a placeholder of an agent that died is not', async () => {
      await using room = await Room.open({ linkFile: noLinksButNames });
      const started = (name: string) => room.create(origin.url(), { file: room.path(name), start: false });
      const [theirs, ours] = [await started('theirs'), await started('ours')];
      writeFileSync(room.path('theirs'), 'theirs');
      writeFileSync(room.path('ours'), '');
      for (const { id } of [theirs, ours]) await room.transfers.start(owner, id);
      assert.equal((await room.ended(theirs.id)).error?.code, 'target-exists');
      assert.equal((await room.ended(ours.id)).status, 'completed');
      assert.equal(room.read('theirs').toString(), 'theirs');
      assert.equal(sha256(room.read('ours')), sha256(body));
    });

    test('where links work an existing empty file is a conflict', async () => {
      await using room = await Room.open();
      const { id } = await room.create(origin.url(), { start: false });
      writeFileSync(room.path('file.bin'), '');
      await room.transfers.start(owner, id);
      assert.equal((await room.ended(id)).error?.code, 'target-exists');
      assert.equal(room.read('file.bin').byteLength, 0);
    });
  });
});
