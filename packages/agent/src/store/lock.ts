// One holder at a time: a small SQLite database held under BEGIN EXCLUSIVE. The kernel releases it when the holder dies.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { LonghaulError } from '@longhaul/agent-protocol';
import { isForWantOfSpace } from './write-failure.ts';

export interface LockOptions {
  /** How long to wait for another holder to let go. Milliseconds; 0 tries once. */
  readonly waitMs: number;
}

export interface Lock extends Disposable {
  /**
   * False once its file was deleted or replaced: whoever comes next would not see that it is held. What cannot be looked at now (a
   * file system that hangs or is locked) is in place.
   */
  readonly isInPlace: boolean;
  /** One of many looks. True when it was not in place in this one and the one before: a home that is mounted anew is away for a moment. */
  isGone(): boolean;
}

/** SQLITE_BUSY: somebody else holds it. */
const sqliteBusy = 5;
const pollMs = 20;

/**
 * Takes the lock `name` in `folder` (file `<name>.lock`, made when missing). Throws `agent-already-running` when it is
 * still held after `waitMs`, `disk-full` when there is no room to make it, `store-unreadable` when it cannot be used at all.
 */
export async function acquireLock(folder: string, name: string, options: LockOptions): Promise<Lock> {
  const file = join(folder, `${name}.lock`);
  const deadline = performance.now() + options.waitMs;
  for (;;) {
    const held = tryLock(folder, file);
    if (held) return held;
    if (performance.now() >= deadline) {
      throw new LonghaulError('agent-already-running', `Another process holds ${file}.`);
    }
    await sleep(pollMs);
  }
}

function tryLock(folder: string, file: string): Lock | undefined {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const opened = new DatabaseSync(file, { timeout: 0 });
    database = opened;
    opened.exec('BEGIN EXCLUSIVE');
    return new HeldLock(file, opened);
  } catch (error) {
    if (database?.isOpen) database.close();
    if (error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === sqliteBusy) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    if (isForWantOfSpace(error, folder)) {
      throw new LonghaulError('disk-full', `There is no room for the lock ${file}: ${why}.`, { cause: error });
    }
    throw new LonghaulError('store-unreadable', `The lock ${file} cannot be used: ${why}.`, { cause: error });
  }
}

class HeldLock implements Lock {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #inode: number;
  #wasMissed = false;

  constructor(file: string, database: DatabaseSync) {
    this.#file = file;
    this.#database = database;
    this.#inode = statSync(file).ino;
  }

  get isInPlace(): boolean {
    try {
      return statSync(this.#file).ino === this.#inode;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code !== 'ENOENT' && code !== 'ENOTDIR';
    }
  }

  isGone(): boolean {
    const isMissed = !this.isInPlace;
    const isGone = isMissed && this.#wasMissed;
    this.#wasMissed = isMissed;
    return isGone;
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
