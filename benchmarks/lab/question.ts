// The frame of every benchmark: a folder of its own, an end for everything at a signal, rounds that alternate between the
// subjects, and the result JSON. A benchmark file says what is measured and what it is held against.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Bar, verdict } from './bars.ts';
import { type Measured, run } from './command.ts';
import { medians } from './statistics.ts';

export interface Lab {
  /** Temporary; removed at the end. Origin, targets and agent's home are all in it, on one file system. */
  readonly folder: string;
  /** `--quick`: small sizes, one round; the result goes to results/quick/ and says nothing about the bars. */
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly signal: AbortSignal;
  /** Released at the end, last one first. */
  use<T extends AsyncDisposable>(resource: T): T;
}

export interface Findings {
  /** Sizes, counts and settings of the run. */
  readonly setup: Readonly<Record<string, unknown>>;
  readonly rounds: readonly unknown[];
  readonly medians: unknown;
  readonly ratios?: unknown;
  readonly bars: readonly Bar[];
  /** What a reader must know to judge the figures. */
  readonly notes: readonly string[];
}

/** Asks the kernel's and the rivals' own words; a missing rival is an error, not a gap in the table. */
function versions(programs: readonly string[]): Record<string, string> {
  const ask = (program: string): string => {
    const flag = { nginx: '-v', openssl: 'version', socat: '-V | sed -n 2p' }[program] ?? '--version';
    const words = execFileSync('sh', ['-c', `${program} ${flag} 2>&1`], { encoding: 'utf8' }).split('\n')[0] ?? '';
    return /\d+(\.\d+)+/.exec(words)?.[0] ?? words;
  };
  return Object.fromEntries(programs.map(program => [program, ask(program)]));
}

/** Runs one question to its end and writes `results/<question>.json`. Exit code 1 when it could not be answered. */
export async function ask(
  question: string,
  programs: readonly string[],
  work: (lab: Lab) => Promise<Findings>,
): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
  const isQuick = values.quick;
  const ending = new AbortController();
  const end = (name: NodeJS.Signals) => ending.abort(new Error(`ended by ${name}`));
  process.once('SIGINT', end).once('SIGTERM', end);
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-bench-'));
  try {
    await using stack = new AsyncDisposableStack();
    const aborted = new Promise<never>((_, reject) => {
      ending.signal.addEventListener('abort', () => reject(ending.signal.reason));
    });
    console.log(`\n${question}${isQuick ? ' (quick)' : ''}`);
    const lab: Lab = {
      folder,
      isQuick,
      rounds: isQuick ? 1 : 3,
      signal: ending.signal,
      use: resource => stack.use(resource),
    };
    const rivals = versions(programs);
    const findings = await Promise.race([work(lab), aborted]);
    report(question, isQuick, rivals, findings);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    process.removeListener('SIGINT', end).removeListener('SIGTERM', end);
    if (ending.signal.aborted) process.exit(1); // whatever still waits for something that was ended
  }
}

function report(question: string, isQuick: boolean, rivals: Record<string, string>, findings: Findings): void {
  const result = {
    question,
    command: `npm run bench -- ${question}${isQuick ? ' --quick' : ''}`,
    date: new Date().toISOString(),
    node: process.version,
    kernel: release(),
    cpus: { count: cpus().length, model: cpus()[0]?.model ?? 'unknown' },
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    fileSystem: execFileSync('stat', ['--file-system', '--format=%T', tmpdir()], { encoding: 'utf8' }).trim(),
    versions: rivals,
    ...findings,
  };
  const folder = path.join(import.meta.dirname, '..', 'results', ...(isQuick ? ['quick'] : []));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${question}.json`), `${JSON.stringify(result, null, 2)}\n`);
  for (const bar of findings.bars) console.log(`  ${bar.what}: ${bar.figures}: ${verdict(bar).replaceAll('*', '')}`);
}

export type Subject = () => Promise<Measured>;

/** Every subject once in each round, each time another one first. Before each the disk is quiet. */
export async function alternate(
  lab: Lab,
  subjects: Readonly<Record<string, Subject>>,
): Promise<{ rounds: Record<string, Measured>[]; medians: Record<string, Record<string, number>> }> {
  const names = Object.keys(subjects);
  const rounds: Record<string, Measured>[] = [];
  for (let round = 0; round < lab.rounds; round++) {
    const figures: Record<string, Measured> = {};
    const shift = round % names.length;
    for (const name of [...names.slice(shift), ...names.slice(0, shift)]) {
      await run(['sync', '--file-system', lab.folder], { folder: lab.folder, signal: lab.signal });
      figures[name] = await subjects[name]!();
      const { wallSeconds, cpuSeconds, peakRssMiB } = figures[name];
      const words = `wall ${wallSeconds.toFixed(3)} s  CPU ${cpuSeconds.toFixed(3)} s  ${peakRssMiB.toFixed(0)} MiB`;
      console.log(`  ${round + 1}  ${name.padEnd(28)} ${words}`);
    }
    rounds.push(Object.fromEntries(names.map(name => [name, figures[name]!])));
  }
  return { rounds, medians: medians(rounds) };
}
