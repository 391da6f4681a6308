// The named steps of our protocols (downloads, parked sockets), as lists in code so that a crash test can aim before and after each.
// `step(name, act)` runs one; with LONGHAUL_CRASH_AT set, the process ends itself there by SIGKILL, and with
// LONGHAUL_CRASH_MARK only the first process does that manages to make that file. Costs nothing otherwise.
import { writeFileSync } from 'node:fs';

/** In the order a download meets them. */
export const transferSteps = [
  // the request becomes durable; no file yet
  'create.commit',
  'start.commit',
  // first run: the part file is made, then its device and inode are recorded, then bytes may come
  'part.create',
  'part.commit',
  // the origin's file changed or cannot be continued: forget the offset before touching the bytes
  'restart.commit',
  'restart.truncate',
  // bytes first, then the offset that names them
  'checkpoint.datasync',
  'checkpoint.commit',
  'limit.commit',
  'pause.commit',
  'resume.commit',
  'stop.commit',
  'retry.commit',
  'network.commit',
  'hold.commit',
  'fail.commit',
  // all bytes are there: make them durable, promise the name, give the name, take the part's name away
  'finish.datasync',
  'finish.record-inode',
  'finish.link',
  'finish.unlink',
  'finish.sync-folder',
  'finish.commit',
  // canceled, failed or removed: the part file goes, then that is said
  'discard.unlink',
  'discard.sync-folder',
  'discard.commit',
  'cancel.commit',
  'remove.commit',
] as const;

/** In the order a parked socket meets them. */
export const socketSteps = [
  // a hand-over: the vault holds it, the row says so, the app is told; only then it lets go
  'socket.transfer.park',
  'socket.transfer.commit',
  'socket.transfer.answer',
  // something happened: all of it is one note. A run is recorded, then the row names it
  'socket.wake.note',
  'socket.signal.trigger',
  'socket.signal.note',
  // or the run is recorded as started and the row as lent: then the vault is told, then the host
  'socket.wake.tell',
  // out of the vault under a new lease: to a task, or to an app that takes it over
  'socket.lend.take',
  'socket.lend.note',
  'socket.lend.answer',
  // given back: the row says so, then the vault
  'socket.return.note',
  'socket.return.give',
  'socket.return.answer',
  // closed by its owner: forgotten first, so that nobody is woken for it
  'socket.close.note',
  'socket.close.end',
  // the run is over and has not given it back
  'socket.over.note',
  'socket.over.give',
  // the peer or the network has ended it
  'socket.ended.trigger',
  'socket.ended.note',
  'socket.ended.close',
] as const;

/** Of a registration and its runs, in the order they are met. */
export const taskSteps = [
  'task.commit',
  // the run is recorded, before anything else happens for it
  'run.record',
  // its app has no host: that there is going to be one is recorded, then it is started, then its number is recorded
  'host.announce',
  'host.spawn',
  'host.record',
  // or the one that waits becomes its host: that is recorded, then it is told
  'host.assign',
  // it is recorded as running; only then its socket is lent and the host gets it
  'run.start',
  'run.lend',
  'run.give',
  'run.cancel',
  'run.end',
  // its host or its agent has died: it waits in line again
  'run.requeue',
  // what a host leaves is killed, then it is forgotten
  'host.sweep',
  'host.forget',
  'task.remove',
] as const;

export const steps = [...transferSteps, ...socketSteps, ...taskSteps] as const;
export type StepName = (typeof steps)[number];
const known: ReadonlySet<string> = new Set<string>(steps);
const isStep = (name: string | undefined): name is StepName => name !== undefined && known.has(name);

interface CrashPoint {
  readonly side: 'before' | 'after';
  readonly name: StepName;
  /** Crash at the n-th passing, counted from 1. */
  readonly nth: number;
}

/** Reads `before:finish.link` or `after:finish.link:3`. Throws a RangeError on anything else. */
export function parseCrashPoint(text: string): CrashPoint {
  const [side, name, nth = '1'] = text.split(':');
  if ((side !== 'before' && side !== 'after') || !isStep(name) || !/^[1-9]\d{0,6}$/.test(nth)) {
    throw new RangeError(`LONGHAUL_CRASH_AT is "${text}"; it must be before:STEP or after:STEP, optionally :N.`);
  }
  return { side, name, nth: Number(nth) };
}

const crashPoint = process.env.LONGHAUL_CRASH_AT ? parseCrashPoint(process.env.LONGHAUL_CRASH_AT) : undefined;
let passings = 0;

function crash(): void {
  const mark = process.env.LONGHAUL_CRASH_MARK;
  try {
    if (mark) writeFileSync(mark, '', { flag: 'wx' });
  } catch {
    return; // an earlier agent has died here already
  }
  process.kill(process.pid, 'SIGKILL');
}

/** Runs the named step. Every acting line of a protocol that leaves a trace behind is inside one. */
export async function step<T>(name: StepName, act: () => T | Promise<T>): Promise<T> {
  const leave = enter(name);
  const result = await act();
  leave();
  return result;
}

/** The same where nothing is waited for. */
export function stepNow<T>(name: StepName, act: () => T): T {
  const leave = enter(name);
  const result = act();
  leave();
  return result;
}

const goOn = () => {};

/** Steps of several things overlap: each remembers which passing it is. */
function enter(name: StepName): () => void {
  if (crashPoint?.name !== name || ++passings !== crashPoint.nth) return goOn;
  if (crashPoint.side === 'after') return crash;
  crash();
  return goOn;
}
