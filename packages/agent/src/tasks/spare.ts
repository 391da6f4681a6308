// The spare host: one process that has loaded what a host needs and waits for the next app that needs one (decision 177). There is
// never more than one. It has nothing of any app but the SDK, until it is taken; from then on it is a host like any other. Only an app
// that would start the same file gets it: whatever copy of the SDK it has loaded is that app's own.
import { statSync } from 'node:fs';
import { isAlive } from '../platform/process-facts.ts';
import type { Births, Newborn } from './births.ts';
import type { HostListener, TaskHost } from './host.ts';
import type { TaskLimits } from './options.ts';
import type { HostEnd } from './verdicts.ts';

export interface SpareOptions {
  readonly births: Pick<Births, 'bear'>;
  readonly limits: Pick<TaskLimits, 'spareHost' | 'spareDelayMs' | 'hostStartMs'>;
  /** The program that is likely to be needed next. `undefined`: nobody can need one. */
  readonly programWanted: () => string | undefined;
  readonly log: { warn(facts: object, message: string): void };
}

interface Waiting {
  readonly program: string;
  /** Of the program's file, when it was loaded. */
  readonly stamp: string | undefined;
  readonly newborn: Newborn;
  readonly tooLate: NodeJS.Timeout;
  readonly gone: PromiseWithResolvers<void>;
  /** It has loaded everything. */
  isReady: boolean;
}

const notNeeded: HostEnd = { kind: 'exited', how: 'it was not needed any more' };
const agentEnds: HostEnd = { kind: 'agent-ends' };

export class Spare {
  readonly #options: SpareOptions;
  #host: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;

  constructor(options: SpareOptions) {
    this.#options = options;
  }

  /** Of the process that waits; `null` while none can be taken. */
  get pid(): number | null {
    const { isReady, newborn } = this.#host ?? {};
    return isReady && newborn?.process.isOpen ? newborn.process.pid : null;
  }

  /** Hosts or tasks have come or gone: when that is over, there is to be the right one, or none. */
  renew(): void {
    const { limits } = this.#options;
    if (!limits.spareHost || this.#isEnding) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keep(), limits.spareDelayMs);
  }

  /** `undefined` when none waits, or one with another SDK. The host has not heard its first word from the caller yet. */
  take(app: string, program: string, listener: HostListener): TaskHost | undefined {
    const host = this.#host;
    if (host?.program !== program || this.pid === null) return undefined;
    const { process } = host.newborn;
    if (!isAlive(process.pid)) return undefined; // its end is on its way to us
    if (stampOf(host.program) !== host.stamp) {
      this.discard();
      return undefined;
    }
    host.newborn.belongTo(app, listener);
    this.#forget(host);
    return process;
  }

  #keep(): void {
    try {
      const program = this.#options.programWanted();
      if (this.#host !== undefined) {
        if (this.#host.program !== program || stampOf(program) !== this.#host.stamp) this.discard();
      } else if (program !== undefined) this.#start(program);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'a spare task host cannot be started');
    }
  }

  /** When it is gone, the next one comes. */
  discard(): void {
    this.#host?.newborn.process.close(notNeeded);
  }

  #start(program: string): void {
    const { births, limits, log } = this.#options;
    const misbehaves = () => process.kill({ kind: 'exited', how: 'it was killed, because it spoke before its time' });
    const listener: HostListener = {
      waits: () => {
        clearTimeout(host.tooLate);
        host.isReady = true;
      },
      said: misbehaves,
      saidOfSockets: (_, descriptors) => {
        for (const descriptor of descriptors) descriptor[Symbol.dispose]();
        misbehaves();
      },
      printed: () => {},
      heldUp: () => {},
      ended: end => {
        this.#forget(host);
        host.gone.resolve();
        if (end !== notNeeded && end !== agentEnds) log.warn({ pid: process.pid, end }, 'the spare task host ended');
        // One that never came so far would not come next time.
        if (host.isReady || end === notNeeded) this.renew();
      },
    };
    const stamp = stampOf(program);
    const newborn = births.bear({ app: null, program, folder: '/', listener });
    const { process } = newborn;
    const tooLate = setTimeout(() => process.kill({ kind: 'silent' }), limits.hostStartMs);
    const host: Waiting = { program, stamp, newborn, tooLate, gone: Promise.withResolvers(), isReady: false };
    this.#host = host;
  }

  #forget(host: Waiting): void {
    clearTimeout(host.tooLate);
    if (this.#host === host) this.#host = undefined;
  }

  /** There is to be none any more. Resolves when nothing of it is left. */
  async end(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    this.#host?.newborn.process.close(agentEnds);
    await this.#host?.gone.promise;
  }
}

/** An SDK that was installed anew is another file. `undefined` for one that is not there, or cannot be looked at. */
function stampOf(program: string | undefined): string | undefined {
  if (program === undefined) return undefined;
  try {
    const { dev, ino, size, ctimeMs } = statSync(program);
    return `${dev} ${ino} ${size} ${ctimeMs}`;
  } catch {
    return undefined;
  }
}
