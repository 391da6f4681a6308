// Descriptors that a child process would inherit although nobody meant it (`9>lock`, `<(…)`, `flock 200>`). The agent that a
// command starts must hold none of them: a pipe must see its end, a lock its release, when the command is over.
// And how many there may be.
import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `O_CLOEXEC` of Linux, as `/proc/self/fdinfo` prints it. */
const closeOnExec = 0o2000000;

/** The highest descriptor above stderr that would survive an exec; 2 when there is none. */
export function highestInheritable(): number {
  let highest = 2;
  for (const descriptor of openDescriptors()) {
    if (descriptor > highest && isInheritable(descriptor)) highest = descriptor;
  }
  return highest;
}

/** In the child: closes what stood in for inherited descriptors (`/dev/null` from 3 up to `last`). */
export function closeStandIns(last: number): void {
  for (const descriptor of openDescriptors()) {
    if (descriptor <= 2 || descriptor > last) continue;
    try {
      if (readlinkSync(`/proc/self/fd/${descriptor}`) === '/dev/null') closeSync(descriptor);
    } catch {
      // gone by itself: the descriptor that listed the folder
    }
  }
}

function openDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return []; // no /proc: Node itself marks the low ones close-on-exec
  }
}

function isInheritable(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false; // closed in the meantime
  }
}

/** How many files this process may have open at a time; 1,024 where nobody tells. */
export function maxOpenFiles(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? 1_024 : Number(soft);
  } catch {
    return 1_024;
  }
}
