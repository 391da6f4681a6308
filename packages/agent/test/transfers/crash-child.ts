// One life of a transfers room, to be killed by crash.test.ts: an app that wants a list of things done and asks for all of it
// again in every life, as apps do. Ends by itself once everything is as wanted. argv: folder, origin's port.
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ParsedCreateDownloadRequest, TransferRecord } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol';
import type { Connectivity } from '../../src/network/connectivity.ts';
import { acquireLock } from '../../src/store/lock.ts';
import { bodyOf } from './origin.ts';
import { Room, sha256 } from './room.ts';

const [folder = '', port = ''] = process.argv.slice(2);

/** Offline for the first look, so that one transfer passes through the missing network. */
class LateNetwork implements Connectivity {
  #looks = 0;
  isOnline(): boolean {
    this.#looks += 1;
    return this.#looks > 1;
  }
  whenOnline(online: () => void): () => void {
    const timer = setTimeout(online, 5);
    return () => clearTimeout(timer);
  }
  [Symbol.dispose](): void {}
}

using _lock = await acquireLock(folder, 'agent', { waitMs: 5_000 });
// Parts so small, and a rest so short, that files of this size come over several connections.
const limits = { checkpointMs: 20, minSegmentBytes: 16_384, minSplitMs: 50, maxConnectionsPerHost: 12 };
const makeRoom = () => new Room({ connectivity: new LateNetwork(), limits }, folder);
/** Where 12.bin is, and where it is hidden so that nobody can delete it. */
const [away, hidden] = [join(folder, 'away'), join(folder, 'hidden')];
if (existsSync(hidden)) {
  rmSync(away, { recursive: true, force: true });
  renameSync(hidden, away);
}
let room = makeRoom();
await room.reopen();

/** Of the file that crash.test.ts serves. */
const checksum = { algorithm: 'sha-256', expected: sha256(bodyOf('crash', 700_000)) } as const;
const id = (number: number) => `00000000-0000-4000-8000-0000000000${String(number).padStart(2, '0')}`;
function wish(number: number, path: string, more: Partial<ParsedCreateDownloadRequest> = {}): Promise<TransferRecord> {
  const file = join(folder, `${number}.bin`);
  return room.create(`http://127.0.0.1:${port}${path}`, { id: id(number), file, ...more });
}
const isEnded = (record: TransferRecord) => record.finishedAt !== null;
const ended = (number: number) => room.when(id(number), isEnded);
/** A verb that lost the race against the transfer's own end is no fault. */
async function unlessLate<T>(act: Promise<T>): Promise<T | undefined> {
  try {
    return await act;
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'illegal-state') return undefined;
    throw error;
  }
}

const wishes: (() => Promise<unknown>)[] = [
  async function startedLater() {
    const record = await wish(1, '/file', { start: false, checksum });
    await room.transfers.setLimit({ role: 'owner' }, record.id, 100_000_000);
    if (!record.isStarted) await room.transfers.start({ role: 'owner' }, record.id);
    await ended(1);
  },
  async function changedMeanwhile() {
    await wish(2, '/changing');
    await ended(2);
  },
  async function pausedAndResumed() {
    await wish(3, '/slow', { checksum });
    const flowing = await room.when(id(3), record => record.bytesReceived > 0 || record.status.startsWith('paused'));
    if (!isEnded(flowing)) await unlessLate(room.transfers.pause({ role: 'owner' }, id(3)));
    if (room.get(id(3)).status === 'paused-by-application') await room.transfers.resume({ role: 'owner' }, id(3));
    await ended(3);
  },
  async function canceled() {
    await wish(4, '/endless');
    await room.when(id(4), record => record.bytesReceived > 0 || isEnded(record));
    await room.transfers.cancel({ role: 'owner' }, id(4));
  },
  async function removed() {
    await wish(5, '/endless');
    await room.when(id(5), record => record.bytesReceived > 0 || isEnded(record));
    await room.transfers.remove({ role: 'owner' }, id(5));
  },
  async function refused() {
    await wish(6, '/nowhere');
    await ended(6);
  },
  async function folderGone() {
    const sub = join(folder, 'sub');
    const isKnown = room.transfers.list({ role: 'owner' }).some(record => record.id === id(7));
    if (!isKnown) mkdirSync(sub, { recursive: true });
    const record = await wish(7, '/file', { file: join(sub, '7.bin'), start: false });
    if (!record.isStarted) {
      rmSync(sub, { recursive: true, force: true });
      await room.transfers.start({ role: 'owner' }, id(7));
    }
    const held = await room.when(id(7), ({ status }) => status === 'paused-system-policy' || status === 'completed');
    if (!existsSync(sub)) mkdirSync(sub);
    if (held.status === 'paused-system-policy') await room.transfers.resume({ role: 'owner' }, id(7));
    await ended(7);
  },
  async function offline() {
    // 0.0.0.0 reaches this machine, and is no loopback address.
    const file = join(folder, '8.bin');
    await room.create(`http://0.0.0.0:${port}/file`, { id: id(8), file });
    await ended(8);
  },
  async function besideAnother() {
    await wish(9, '/file', { file: join(folder, 'theirs.bin'), collision: 'unique-name' });
    await ended(9);
  },
  async function overSeveralConnections() {
    await wish(13, '/paced', { checksum });
    const record = await room.when(id(13), each => each.connections > 1 || isEnded(each));
    if (!isEnded(record)) process.stderr.write('several connections\n');
    await ended(13);
  },
  async function notDeletable() {
    const known = room.transfers.list({ role: 'owner' }).find(record => record.id === id(12));
    if (known === undefined) mkdirSync(away, { recursive: true });
    else if (isEnded(known)) return;
    await wish(12, '/endless', { file: join(away, '12.bin') });
    await room.when(id(12), record => record.bytesReceived > 0 || isEnded(record));
    renameSync(away, hidden);
    symlinkSync(away, away);
    await room.transfers.cancel({ role: 'owner' }, id(12));
    rmSync(away);
    renameSync(hidden, away);
  },
  async function replacing() {
    await wish(10, '/file', { file: join(folder, 'old.bin'), collision: 'replace' });
    await ended(10);
  },
];

await Promise.all(wishes.map(act => act()));
// One more is in the middle when this life ends cleanly, and goes on in the next.
await wish(11, '/slow');
await room.when(id(11), record => record.bytesReceived > 0 || isEnded(record));
await room.close();
room = makeRoom();
await room.reopen();
await ended(11);
const records = room.transfers.list({ role: 'owner' });
await room.close();
process.stdout.write(`${JSON.stringify(records)}\n`);
