// The agent's second thread: hashes files behind the writes, from the page cache, so that the first one never computes.
// In: jobs, and up to where each file is written. Out: digests. Jobs take turns of a slice each.
import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

export type HashOrder =
  /** `descriptor` stays open until `dropped` is told. */
  | {
      readonly name: 'begin';
      readonly job: number;
      readonly descriptor: number;
      readonly algorithm: 'sha256' | 'sha512';
    }
  /** Bytes below `offset` are written and stay as they are. */
  | { readonly name: 'advance'; readonly job: number; readonly offset: number }
  /** The file ends at `offset`: tell its digest. */
  | { readonly name: 'finish'; readonly job: number; readonly offset: number }
  | { readonly name: 'drop'; readonly job: number };

export type HashNews =
  | { readonly name: 'digest'; readonly job: number; readonly hex: string }
  | { readonly name: 'failed'; readonly job: number; readonly message: string }
  | { readonly name: 'dropped'; readonly job: number };

interface Job {
  readonly descriptor: number;
  readonly hash: Hash;
  offset: number;
  until: number;
  end: number | undefined;
}

const block = Buffer.allocUnsafeSlow(1024 * 1024);
/** Blocks hashed before the next job and the next orders have their turn. */
const blocksATurn = 8;

const port = parentPort!;
const jobs = new Map<number, Job>();
let isWorking = false;

const tell = (news: HashNews): void => port.postMessage(news);

port.on('message', (order: HashOrder) => {
  const job = jobs.get(order.job);
  switch (order.name) {
    case 'begin': {
      const { descriptor, algorithm } = order;
      jobs.set(order.job, { descriptor, hash: createHash(algorithm), offset: 0, until: 0, end: undefined });
      return;
    }
    case 'drop':
      jobs.delete(order.job);
      tell({ name: 'dropped', job: order.job });
      return;
    default:
      if (job === undefined) return;
      job.until = Math.max(job.until, order.offset);
      if (order.name === 'finish') job.end = order.offset;
      if (!isWorking) {
        isWorking = true;
        setImmediate(work);
      }
  }
});

/** One turn of each job; goes on as long as one has something to do. */
function work(): void {
  let hasMore = false;
  for (const [id, job] of jobs) {
    try {
      hash(job);
      if (job.end === job.offset) {
        jobs.delete(id);
        tell({ name: 'digest', job: id, hex: job.hash.digest('hex') });
      } else hasMore ||= job.offset < job.until;
    } catch (error) {
      jobs.delete(id);
      tell({ name: 'failed', job: id, message: error instanceof Error ? error.message : String(error) });
    }
  }
  isWorking = hasMore;
  if (hasMore) setImmediate(work);
}

function hash(job: Job): void {
  for (let count = 0; count < blocksATurn && job.offset < job.until; count += 1) {
    const wanted = Math.min(block.byteLength, job.until - job.offset);
    const bytes = readSync(job.descriptor, block, 0, wanted, job.offset);
    if (bytes === 0) throw new Error(`the file ends at ${job.offset}, before ${job.until}`);
    job.hash.update(block.subarray(0, bytes));
    job.offset += bytes;
  }
}
