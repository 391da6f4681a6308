// The command as a user runs it, with a Longhaul home and a folder for files of the test's own; at the end its agent is
// stopped by the command itself, by pid if that fails.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { findAgent, waitForAgentEnd } from '@longhaul/agent/launch';
import { waitFor } from '@longhaul/testing';

const main = path.join(import.meta.dirname, '../src/main.ts');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what commands print
  readonly json: any;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Default: the folder for files. */
  readonly cwd?: string;
  /** Called with the running process, for signals. */
  readonly running?: (child: ChildProcess) => void;
}

/** What happens while a command runs; `seen` resolves when it has printed this text on stdout or stderr. */
export type Meanwhile = (running: {
  readonly child: ChildProcess;
  readonly seen: (text: string) => Promise<unknown>;
}) => Promise<void>;

export class CommandHome implements AsyncDisposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'longhaul-cli-'));
  readonly files = path.join(this.folder, 'files');
  readonly env: NodeJS.ProcessEnv;

  constructor() {
    mkdirSync(this.files);
    // Whatever Node looks at when it decides about colours.
    const { NO_COLOR, FORCE_COLOR, CI, ...env } = process.env;
    env.TERM ??= 'xterm';
    this.env = { ...env, LONGHAUL_HOME: path.join(this.folder, 'home') };
  }

  file(name: string): string {
    return path.join(this.files, name);
  }

  /** The command line that runs `longhaul`. */
  get command(): readonly [string, ...string[]] {
    return [process.execPath, '--conditions=longhaul-source', main];
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const [program, ...first] = this.command;
    const child = spawn(program, [...first, ...args], {
      cwd: options.cwd ?? this.files,
      env: { ...this.env, ...options.env },
      stdio: 'pipe',
    });
    child.stdin.end(options.input ?? '');
    options.running?.(child);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return {
      code,
      stdout,
      stderr,
      get json() {
        return JSON.parse(stdout);
      },
    };
  }

  /** Runs one that goes on while `meanwhile` happens; that may wait for what was printed, and ends it with a signal. */
  async runWhile(args: readonly string[], meanwhile: Meanwhile): Promise<Ended> {
    let printed = '';
    let happened: Promise<void> | undefined;
    const ended = await this.run(args, {
      running(child) {
        const note = (chunk: Buffer) => {
          printed += chunk;
        };
        child.stdout!.on('data', note);
        child.stderr!.on('data', note);
        const seen = (text: string) => waitFor(text, () => printed.includes(text), { timeoutMs: 20_000 });
        happened = meanwhile({ child, seen }).catch(error => {
          child.kill('SIGKILL');
          throw error;
        });
      },
    });
    await happened;
    return ended;
  }

  /** One that must succeed. */
  async json(...args: string[]) {
    const ended = await this.run([...args, '--json']);
    if (ended.code !== 0) throw new Error(`longhaul ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`);
    return ended.json;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const endpoint = await findAgent({ env: this.env });
    if (endpoint) {
      const { code, stderr } = await this.run(['agent', 'stop']);
      if (code !== 0) {
        process.kill(endpoint.keeperPid, 'SIGKILL'); // its agent ends by itself within a second
        await waitForAgentEnd(endpoint);
        throw new Error(`the agent of this test did not stop: ${stderr}`);
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The error object that a failed command with --json writes, one a line. */
export const errorsOf = (ended: Ended): { code: string; message: string; fix: string; about?: string }[] =>
  ended.stderr
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line).error);
