// Other processes of this user, by /proc: told apart from later ones with the same number, found by a mark in their
// environment, killed together with what they have started. Linux.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * When it was started, in the kernel's ticks since boot: with its number it names a process for ever. `undefined`: it is gone, or
 * that cannot be known now.
 */
export function birthOf(pid: number): string | undefined {
  const stat = statOf(pid);
  return typeof stat === 'string' ? undefined : stat.birth;
}

/**
 * Whether the process that number and birth name is there still, and no zombie. True as long as that cannot be known: what is said
 * of the dead is said for ever.
 */
export function lives({ pid, born }: { readonly pid: number; readonly born: string }): boolean {
  const stat = statOf(pid);
  return typeof stat === 'string' ? stat === 'unknown' : stat.birth === born && isRunning(stat);
}

/** Kills a process group by the number of its leader. One that is gone already is no error. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // nobody is left in it
  }
}

/** Living processes that were started with this text in their environment, this one left out. */
export function processesMarked(mark: string): number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark) && isAlive(pid)) found.push(pid);
    } catch {
      // gone, or another user's
    }
  }
  return found;
}

/**
 * Kills what was started with `mark` in its environment, and what that starts meanwhile. Resolves when nothing is left, with
 * false when something is left after `timeoutMs`: it hangs in the kernel.
 */
export async function killMarked(mark: string, timeoutMs = 5_000): Promise<boolean> {
  for (const until = performance.now() + timeoutMs; ; ) {
    const left = processesMarked(mark);
    if (left.length === 0) return true;
    if (performance.now() > until) return false;
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // gone by itself
      }
    }
    await delay(2);
  }
}

/** Neither gone nor a zombie, as far as can be known. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return typeof stat === 'string' ? stat === 'unknown' : isRunning(stat);
}

/** Memory that it shares with nobody and that no file backs, as far as it is not swapped out. Bytes; `undefined`: it is gone. */
export function ownMemoryOf(pid: number): number | undefined {
  try {
    const [, kib] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return kib === undefined ? undefined : Number(kib) * 1_024;
  } catch {
    return undefined;
  }
}

interface Stat {
  readonly state: string;
  readonly birth: string;
}

const isRunning = ({ state }: Stat): boolean => state !== 'Z' && state !== 'X';

/** proc(5): the name, which may hold anything, is in parentheses. `unknown`: this process may open no more files, and the like. */
function statOf(pid: number): Stat | 'gone' | 'unknown' {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', birth: fields[19] ?? '' };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ESRCH' ? 'gone' : 'unknown';
  }
}
