// Disks of their own for tests, which can be full, or read-only.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Mounting needs root and its capability; where that is missing the tests say so. */
function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root';
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { encoding: 'utf8' });
  return tried.status === 0 ? false : `a tmpfs cannot be mounted here: ${tried.stderr.trim()}`;
}
/** Why there is none; `false` where there is. */
export const whyNoDisk = whyNot();

/** A small tmpfs. */
export class Disk implements Disposable {
  readonly folder: string;

  constructor(folder: string, options: string) {
    mkdirSync(folder);
    this.folder = folder;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  }

  remount(options: string): void {
    execFileSync('mount', ['-o', `remount,${options}`, this.folder]);
  }

  /** To the last byte. */
  fill(): void {
    const file = openSync(this.#filling, 'a');
    try {
      for (const piece of [Buffer.alloc(65_536), Buffer.alloc(1)]) for (;;) writeSync(file, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  /** There is room again. */
  clear(): void {
    rmSync(this.#filling);
  }

  get #filling(): string {
    return join(this.folder, 'filling');
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.folder]);
  }
}
