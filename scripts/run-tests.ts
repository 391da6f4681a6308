// Runs test files with node's own runner and counts. In: which files. Out: the counts, with every skip named. Each file has a
// process of its own, but for the unit tests: pure logic needs none, so all of them share one, on the Node of our choice.
import { fork } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type RunOptions, run } from 'node:test';
import { spec } from 'node:test/reporters';

export interface Counts {
  passed: number;
  failed: number;
  /** Name and reason of each skipped test. */
  skipped: string[];
}

const maxSilenceMs = 300_000;
const flags = ['--conditions=longhaul-source'];
const root = path.join(import.meta.dirname, '..');

// Tests start hundreds of processes from source: what Node made of a file once serves them all, and the next run too.
process.env.NODE_COMPILE_CACHE ??= path.join(root, 'node_modules/.cache/compile');

/** Unit tests stand beside their source; they need no sockets, processes or browsers. */
export const unitTests = ['packages/*/src/**/*.test.ts', 'scripts/*.test.ts', 'benchmarks/**/*.test.ts'];
export const otherTests = ['packages/*/test/**/*.test.ts', 'conformance/**/*.test.ts', 'examples/**/*.test.ts'];

/** All unit tests, in one process of `node`. */
export function runUnitTests(node: string): Promise<Counts> {
  const child = fork(import.meta.filename, { cwd: root, execPath: node, execArgv: flags });
  return new Promise((resolve, reject) => {
    let counts: Counts | undefined;
    child.on('message', message => {
      counts = message as Counts;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (counts === undefined) reject(new Error(`the unit tests ended with ${signal ?? code}`));
      else resolve(counts);
    });
  });
}

/** Each file in a process of its own. */
export function runTests(patterns: readonly string[]): Promise<Counts> {
  return runFiles(patterns, {
    isolation: 'process',
    concurrency: Math.max(2, availableParallelism()),
    timeout: 300_000,
    execArgv: flags,
  });
}

async function runFiles(patterns: readonly string[], how: RunOptions): Promise<Counts> {
  const found = patterns.flatMap(pattern => globSync(pattern, { cwd: root, exclude: ['**/node_modules/**'] }));
  const files = [...new Set(found)].sort().map(file => path.join(root, file));
  if (files.length === 0) throw new Error(`no test file matches ${patterns.join(' ')}`);
  const counts: Counts = { passed: 0, failed: 0, skipped: [] };
  // A file that fails may leave something open and never end; its time-out ends its tests, not its process.
  const silence = new AbortController();
  const alarm = setTimeout(() => silence.abort(), maxSilenceMs).unref();
  const stream = run({ files, cwd: root, signal: silence.signal, ...how });
  stream.on('data', () => alarm.refresh());
  stream.on('test:pass', event => {
    if (event.skip !== undefined && event.skip !== false)
      counts.skipped.push(`${event.name}: ${typeof event.skip === 'string' ? event.skip : 'no reason given'}`);
    else if (event.details.type !== 'suite') counts.passed += 1;
  });
  stream.on('test:fail', event => {
    if (event.details.type !== 'suite') counts.failed += 1;
  });
  stream.compose(spec).pipe(process.stdout);
  await new Promise<void>((resolve, reject) => {
    stream.once('end', resolve);
    stream.once('error', reject);
  });
  clearTimeout(alarm);
  if (silence.signal.aborted) {
    counts.failed += 1;
    console.error(`FAILED: no test ended for ${maxSilenceMs / 60_000} minutes; what was running was ended`);
  }
  return counts;
}

if (import.meta.main) {
  const counts = await runFiles(unitTests, { isolation: 'none' });
  process.send?.(counts);
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}
