// What a host has of its app's code: Node loads a module once and keeps it, good or broken, so that other code needs another
// host. Looked at before each run that goes there.
import { type Stats, statSync } from 'node:fs';

export class HostCode {
  /** By module: its file when this host got its first run for it. */
  readonly #files = new Map<string, Stats>();
  readonly #broken = new Set<string>();

  /**
   * Whether `module` is as it was. What it imports is not looked at. A file that is not there, or that cannot be looked at, is no
   * other code: somebody is about to put one there.
   */
  isCurrent(module: string): boolean {
    const now = look(module);
    if (now === undefined) return true;
    const then = this.#files.get(module);
    if (then === undefined) this.#files.set(module, now);
    return then === undefined || (then.ino === now.ino && then.ctimeMs === now.ctimeMs && then.dev === now.dev);
  }

  /** What this entry point names could not be loaded, and would not be however often it is asked for. */
  isBroken(entryPoint: string): boolean {
    return this.#broken.has(entryPoint);
  }

  broke(entryPoint: string): void {
    this.#broken.add(entryPoint);
  }
}

function look(module: string): Stats | undefined {
  try {
    return statSync(module);
  } catch {
    return undefined;
  }
}
