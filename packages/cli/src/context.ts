// What a command works with: its surroundings (streams, folder, environment), the options all commands share, and the way
// to the agent. Made anew for every run of the program; no command reads `process` itself.
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { LonghaulError } from '@longhaul/agent-protocol';
import { type Agent, type ConnectAgentOptions, connectAgent } from '@longhaul/client';
import type { Command } from 'commander';
import type { WaitSignal } from './exit-codes.ts';
import { Output, type Streams } from './output/output.ts';

export interface Surroundings extends Streams {
  readonly stdin: AsyncIterable<Buffer | string>;
  readonly env: NodeJS.ProcessEnv;
  readonly currentFolder: string;
  /** Calls back when the process is told to end, until disposed. Meanwhile the signal does not end it. */
  readonly onEndSignal: (callback: (signal: WaitSignal) => void) => Disposable;
}

/** Headers for downloads from the environment; never handed on to the agent. */
export const headersVariable = 'LONGHAUL_HEADERS';

/** Of headers or a manifest. */
const maxTextBytes = 1_048_576;

export class CommandContext {
  readonly surroundings: Surroundings;
  readonly output: Output;
  /** The environment for everything but this command's own secrets. */
  readonly env: NodeJS.ProcessEnv;

  constructor(surroundings: Surroundings, command: Command) {
    const { json = false, ndjson = false, quiet = false, color = true } = command.optsWithGlobals();
    this.surroundings = surroundings;
    this.output = new Output(surroundings, { json: json || ndjson, quiet, color });
    const { [headersVariable]: _secret, ...env } = surroundings.env;
    this.env = env;
  }

  /** Starts an agent when none runs. */
  connect(options: Omit<ConnectAgentOptions, 'env'> = {}): Promise<Agent> {
    return connectAgent({ ...options, env: this.env });
  }

  /**
   * The text of a file or FIFO, from the current folder, or of stdin for `-`; at most 1 MiB, so that nothing is read for ever.
   *
   * @throws LonghaulError `invalid-argument`
   */
  async readText(path: string): Promise<string> {
    const { stdin, currentFolder } = this.surroundings;
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of path === '-' ? stdin : createReadStream(resolve(currentFolder, path))) {
        chunks.push(Buffer.from(chunk));
        size += chunk.length;
        if (size > maxTextBytes) throw new Error(`it has more than ${maxTextBytes} bytes`);
      }
    } catch (cause) {
      throw new LonghaulError('invalid-argument', `cannot read ${path}: ${(cause as Error).message}`, { cause });
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

/** Gives the exit code; throws what is told by its code. */
export type Action<Args extends unknown[]> = (context: CommandContext, ...args: Args) => Promise<number>;

/** How a command file hangs its action into commander: the exit code goes to whoever runs the program. */
export type Run = <Args extends unknown[]>(action: Action<Args>) => (...given: unknown[]) => Promise<void>;
