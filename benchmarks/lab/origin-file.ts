// Files for an origin: bytes that do not compress, written through, so that no later measurement pays for them.
import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

const blockBytes = 1024 * 1024;

export function writeOriginFile(file: string, bytes: number): void {
  const block = randomFillSync(Buffer.alloc(blockBytes));
  const target = openSync(file, 'w', 0o644);
  try {
    for (let at = 0; at < bytes; at += blockBytes) {
      block.writeUInt32LE(at / blockBytes); // no two blocks alike: misplaced bytes are seen
      writeSync(target, block, 0, Math.min(blockBytes, bytes - at));
    }
    fsyncSync(target);
  } finally {
    closeSync(target);
  }
}

/** Small files only. */
export function assertSameBytes(one: string, other: string): void {
  if (!readFileSync(one).equals(readFileSync(other))) throw new Error(`${other} is not what the origin has`);
}
