// One host: a process of the app's own SDK that runs its tasks. It is started, spoken to over a channel that it was born with,
// listened to, and ended with everything that it has started. What it says is parsed here; what follows from it is not decided here.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type FromSocketDoor,
  FromTaskHost,
  type FromTaskHost as FromTaskHostMessage,
  type ToNewHost,
  ToSocketDoor,
  type ToSocketDoor as ToSocketDoorMessage,
  type ToTaskHost,
} from '@longhaul/agent-protocol';
import * as v from 'valibot';
import { Channel } from '../platform/kernel/channel.ts';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import type { Envelope } from '../platform/kernel/envelope.ts';
import { socketPair } from '../platform/kernel/sockets.ts';
import { killGroup, killMarked } from '../platform/process-facts.ts';
import { nodeFlags } from '../platform/source.ts';
import { step } from '../steps.ts';
import { Prints, type PrintsListener } from './prints.ts';
import type { HostEnd } from './verdicts.ts';

/** In the environment of a host and of everything it starts, with the host's key as its value. */
export const hostMark = 'LONGHAUL_TASK_HOST';
/** How long what is left in a dead host's pipes and channel is waited for. Milliseconds. */
const heardOutMs = 1_000;
/** How long a host that is to end may take. Milliseconds. */
const endMs = 1_000;

export interface HostOptions {
  readonly key: string;
  /** Absolute path of the SDK's program. */
  readonly program: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly maxHostHeapMb: number;
  readonly maxPrintedBytesPerSecond: number;
  readonly envelope: Envelope;
  readonly listener: HostListener;
}

/** What a host says of its runs. */
export type HostWord = Exclude<FromTaskHostMessage, { readonly type: 'waiting' }>;

export interface HostListener extends PrintsListener {
  /** It has not heard its first word yet. */
  waits(): void;
  said(message: HostWord): void;
  /** The rest is about sockets. The descriptors are the listener's. */
  saidOfSockets(message: ToSocketDoorMessage, descriptors: readonly Descriptor[]): void;
  /** Once: it is dead, everything it had said was heard, and nothing it had started is left. */
  ended(end: HostEnd): void;
}

const ownWords: ReadonlySet<unknown> = new Set(FromTaskHost.options.map(({ entries }) => entries.type.literal));

export class TaskHost {
  readonly #options: HostOptions;
  readonly #child: ChildProcess;
  readonly #channel: Channel;
  readonly #prints: Prints;
  readonly #channelEnded = Promise.withResolvers<void>();
  /** Why it is being killed, where we do it. */
  #killedFor: HostEnd | undefined;
  #hasExited = false;
  #memoryIsOut = false;

  /** @throws a system error when no process can be started */
  constructor(options: HostOptions) {
    this.#options = options;
    const [ours, theirs] = socketPair();
    try {
      this.#child = spawn(process.execPath, [...flags(options.maxHostHeapMb), options.program, String(process.pid)], {
        cwd: options.folder,
        env: environmentOf(options),
        stdio: ['ignore', 'pipe', 'pipe', theirs.number, 'pipe'],
        // A process group of its own: it ends as a whole.
        detached: true,
      });
    } catch (error) {
      ours[Symbol.dispose]();
      throw error;
    } finally {
      theirs[Symbol.dispose]();
    }
    const [, stdout, stderr, , framed] = this.#child.stdio as unknown as import('node:stream').Readable[];
    this.#prints = new Prints({ framed: framed!, plain: [stdout!, stderr!] }, options.maxPrintedBytesPerSecond, {
      printed: (run, bytes) => {
        if (run === undefined && bytes.includes('heap out of memory')) this.#memoryIsOut = true;
        options.listener.printed(run, bytes);
      },
      heldUp: ms => options.listener.heldUp(ms),
    });
    this.#channel = new Channel(
      ours,
      {
        received: (bytes, descriptors) => this.#received(bytes, descriptors),
        ended: () => this.#channelEnded.resolve(),
      },
      { envelope: options.envelope },
    );
    this.#child.once('error', error => void this.#exited(error.message));
    this.#child.once('exit', (code, signal) => void this.#exited(signal ?? `exit code ${code}`));
  }

  /** -1 where it could not be started. */
  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** It may be given runs. */
  get isOpen(): boolean {
    return !this.#hasExited && this.#killedFor === undefined;
  }

  say(message: ToNewHost | ToTaskHost | FromSocketDoor, descriptors: readonly Descriptor[] = []): void {
    if (!this.#hasExited) this.#channel.send(Buffer.from(JSON.stringify(message)), descriptors);
  }

  /** With everything that it has started. `ended` follows. */
  kill(end: HostEnd): void {
    if (!this.isOpen) return;
    this.#killedFor = end;
    if (this.#child.pid !== undefined) killGroup(this.#child.pid);
  }

  /** One that has nothing to do: it is told by the end of its channel. */
  close(end: HostEnd): void {
    if (!this.isOpen) return;
    this.#killedFor = end;
    this.#channel[Symbol.dispose]();
    this.#channelEnded.resolve();
    const late = setTimeout(() => {
      if (!this.#hasExited && this.#child.pid !== undefined) killGroup(this.#child.pid);
    }, endMs);
    late.unref();
    this.#child.once('exit', () => clearTimeout(late));
  }

  #received(bytes: Buffer, descriptors: readonly Descriptor[]): void {
    const value = parseJson(bytes);
    const { listener } = this.#options;
    if (ownWords.has(value?.type)) {
      const parsed = v.safeParse(FromTaskHost, value);
      for (const descriptor of descriptors) descriptor[Symbol.dispose]();
      if (parsed.success) {
        if (parsed.output.type === 'waiting') listener.waits();
        else listener.said(parsed.output);
        return;
      }
    } else {
      const parsed = v.safeParse(ToSocketDoor, value);
      if (parsed.success) {
        listener.saidOfSockets(parsed.output, descriptors);
        return;
      }
      for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    }
    this.kill({ kind: 'exited', how: 'it was killed, because it said what a host never says' });
  }

  async #exited(how: string): Promise<void> {
    if (this.#hasExited) return;
    this.#hasExited = true;
    const { pid } = this.#child;
    if (pid !== undefined) killGroup(pid);
    await step('host.sweep', () => killMarked(`${hostMark}=${this.#options.key}`));
    this.#prints.drain();
    const heardOut = Promise.all([this.#channelEnded.promise, pid === undefined ? undefined : this.#prints.ended]);
    await Promise.race([heardOut, delay(heardOutMs, undefined, { ref: false })]);
    this.#channel[Symbol.dispose]();
    this.#prints.close();
    const words = this.#memoryIsOut ? `${how}: out of memory, it may use ${this.#options.maxHostHeapMb} MiB` : how;
    this.#options.listener.ended(this.#killedFor ?? { kind: 'exited', how: words });
  }
}

const flags = (maxHeapMb: number): string[] => [...nodeFlags, `--max-old-space-size=${maxHeapMb}`];

/** What aims crash tests at the agent is not for its hosts. */
function environmentOf({ env, key }: HostOptions): NodeJS.ProcessEnv {
  const rest = Object.entries(env).filter(([name]) => !name.startsWith('LONGHAUL_CRASH_'));
  return { ...Object.fromEntries(rest), [hostMark]: key };
}

function parseJson(bytes: Buffer): { readonly type?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
