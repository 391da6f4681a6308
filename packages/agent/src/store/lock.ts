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
  /** False once its file was deleted or replaced: whoever comes next would not see that it is held. */
  readonly isInPlace: boolean;
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
    const inode = inodeOf(file);
    return {
      get isInPlace() {
        return inode !== undefined && inodeOf(file) === inode;
      },
      [Symbol.dispose]: () => void (opened.isOpen && opened.close()),
    };
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

const inodeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.ino;
