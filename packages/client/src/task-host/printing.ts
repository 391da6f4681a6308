// ACTS. What runs write to stdout and stderr goes to the agent under their own names, through a pipe of its own: frames of a
// run's id, a length and bytes. What belongs to no run, and what children print, goes through stdout and stderr as ever.
import { currentRun } from './current-run.ts';

// An `import` would make all of it ready first: a millisecond or two before the first line of every task (decision 176).
const { writeSync } = process.getBuiltinModule('node:fs');

const framesFd = 4;
const idBytes = 36;
/** Of one frame; the agent takes no longer ones. */
const maxFrameBytes = 16_384;

/** A run, as far as its printing goes. */
export interface Printing {
  readonly id: string;
  printedBytes: number;
}

/** For the log of a run. A host whose agent is gone has nobody to tell. */
export function printFor(run: Printing, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; from += maxFrameBytes) {
    const part = bytes.subarray(from, from + maxFrameBytes);
    const frame = Buffer.allocUnsafe(idBytes + 4 + part.length);
    frame.write(run.id, 0, 'latin1');
    frame.writeUInt32LE(part.length, idBytes);
    frame.set(part, idBytes + 4);
    try {
      for (let sent = 0; sent < frame.length; ) sent += writeSync(framesFd, frame, sent);
      run.printedBytes += part.length;
    } catch {
      return;
    }
  }
}

/** From now on. The streams are made when they are first used, as Node does: most runs never use them. */
export function attributePrinting(): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const original = Object.getOwnPropertyDescriptor(process, name);
    let stream: NodeJS.WriteStream | undefined;
    const get = () => {
      stream ??= attributed(original?.get?.call(process) ?? original?.value);
      return stream;
    };
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get });
  }
}

type Done = (error?: Error | null) => void;

function attributed(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = stream.write.bind(stream);
  stream.write = (chunk: string | Uint8Array, encodingOrDone?: BufferEncoding | Done, last?: Done): boolean => {
    const run = currentRun.getStore();
    const encoding = typeof encodingOrDone === 'string' ? encodingOrDone : undefined;
    const done = typeof encodingOrDone === 'function' ? encodingOrDone : last;
    if (run === undefined) return encoding === undefined ? write(chunk, done) : write(chunk, encoding, done);
    printFor(run, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  return stream;
}
