// Runs test files with node's own runner, each in a process of its own, and counts. In: which files. Out: the counts,
// with every skip named. Run by itself (`run-tests.ts unit`) it runs the unit tests only: so does the Node 24 leg.
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

export interface Counts {
  passed: number;
  failed: number;
  /** Name and reason of each skipped test. */
  skipped: string[];
}

const root = path.join(import.meta.dirname, '..');

/** Unit tests stand beside their source; they need no sockets, processes or browsers. */
export const unitTests = ['packages/*/src/**/*.test.ts', 'scripts/*.test.ts', 'benchmarks/**/*.test.ts'];
export const allTests = [
  ...unitTests,
  'packages/*/test/**/*.test.ts',
  'conformance/**/*.test.ts',
  'examples/**/*.test.ts',
];

export async function runTests(patterns: string[]): Promise<Counts> {
  const files = [
    ...new Set(patterns.flatMap(pattern => globSync(pattern, { cwd: root, exclude: ['**/node_modules/**'] }))),
  ]
    .sort()
    .map(file => path.join(root, file));
  if (files.length === 0) throw new Error(`no test file matches ${patterns.join(' ')}`);
  const counts: Counts = { passed: 0, failed: 0, skipped: [] };
  const stream = run({
    files,
    cwd: root,
    concurrency: Math.max(2, availableParallelism()),
    timeout: 300_000,
    execArgv: ['--conditions=longhaul-source'],
  });
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
  return counts;
}

if (import.meta.main) {
  const counts = await runTests(process.argv[2] === 'unit' ? unitTests : process.argv.slice(2));
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}
