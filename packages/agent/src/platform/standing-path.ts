// A socket's path that must stay where it is: whoever deletes it (a logout takes the whole runtime folder away) would leave a
// process that nobody reaches any more. So it is looked at, and made again with its folder.
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { ensurePrivateFolder } from './private-folder.ts';

/** How often it is looked at. Milliseconds. */
export const lookEveryMs = 2_000;

export class StandingPath implements Disposable {
  readonly #timer: NodeJS.Timeout;

  /** `listen` makes it again in a folder that is there; when it throws, it is called again with the next look. */
  constructor(path: string, listen: () => void | Promise<void>) {
    let isListening = false;
    const look = async () => {
      if (isListening || lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
      isListening = true;
      try {
        ensurePrivateFolder(dirname(path));
        await listen();
        console.error(new Date().toISOString(), `${process.title}: ${path} was deleted, and is there again`);
      } catch {
        // The folder above is missing, too, until the user comes back.
      } finally {
        isListening = false;
      }
    };
    this.#timer = setInterval(() => void look().catch(() => {}), lookEveryMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
