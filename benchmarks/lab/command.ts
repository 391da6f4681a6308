// A rival's run: started, measured by the kernel's own accounting, ended with its whole process group when time is up.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';

export interface Measured {
  readonly [figure: string]: number;
  readonly wallSeconds: number;
  /** User and system time. */
  readonly cpuSeconds: number;
  readonly peakRssMiB: number;
}

export interface CommandOptions {
  /** Working folder of the command. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs?: number;
}

/** bash's `time` counts milliseconds, GNU time knows the peak memory; both cost about a millisecond. */
const script = `TIMEFORMAT='%3R %3U %3S'; time /usr/bin/time -q -f %M -o "$1" "\${@:2}"`;

/** Throws when the command does not succeed, with what it wrote to stderr. */
export async function measureCommand(command: readonly string[], options: CommandOptions): Promise<Measured> {
  const notes = mkdtempSync(path.join(options.folder, 'measure-'));
  try {
    const memoryFile = path.join(notes, 'memory');
    const stderr = await run(['bash', '-c', script, 'bash', memoryFile, ...command], options);
    const times = /(\d+\.\d+) (\d+\.\d+) (\d+\.\d+)\s*$/.exec(stderr);
    if (times === null) throw new Error(`no times of ${command[0]}: ${stderr}`);
    const [wall, user, system] = times.slice(1).map(Number) as [number, number, number];
    return {
      wallSeconds: wall,
      cpuSeconds: Number((user + system).toFixed(3)),
      peakRssMiB: Number(readFileSync(memoryFile, 'utf8')) / 1024,
    };
  } finally {
    rmSync(notes, { recursive: true, force: true });
  }
}

/** Runs a command to its end; returns what it wrote to stderr. */
export async function run(command: readonly string[], options: CommandOptions): Promise<string> {
  const { folder, signal, timeoutMs = 90_000 } = options;
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  ended.throwIfAborted();
  const child = spawn(command[0]!, command.slice(1), {
    cwd: folder,
    detached: true, // a process group of its own, so that it can be ended as a whole
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
  };
  ended.addEventListener('abort', kill);
  try {
    const [stderr, [code, how]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    ended.throwIfAborted();
    if (code !== 0) throw new Error(`${command.join(' ')}: ${how ?? `exit code ${code}`}\n${stderr}`);
    return stderr;
  } finally {
    ended.removeEventListener('abort', kill);
  }
}
