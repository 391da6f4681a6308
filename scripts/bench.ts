// `npm run bench [-- NAME…] [--quick]`: runs the questions in benchmarks/ (all, or those whose names begin so), which write
// their result JSON, then makes README's table from all results. `--quick` tries them with small sizes and changes no result.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { installDebianPackages } from './debian-packages.ts';

/** For all questions together. Milliseconds. */
const deadlineMs = 8 * 60_000;

const folder = path.join(import.meta.dirname, '..', 'benchmarks');
const isQuick = process.argv.includes('--quick');
const names = process.argv.slice(2).filter(argument => argument !== '--quick');
const all = globSync('*.bench.ts', { cwd: folder }).sort();
const files = all.filter(file => names.length === 0 || names.some(name => file.startsWith(name)));
if (files.length === 0) {
  console.error(`No benchmark matches ${names.join(' ')}. There are: ${all.join(' ')}`);
  process.exitCode = 2;
} else {
  installDebianPackages({ list: path.join(folder, 'debian-packages.json'), what: 'benchmarks' });
}

// Debian puts nginx where an ordinary user's PATH does not look.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
const until = performance.now() + deadlineMs;
const flags = ['--conditions=longhaul-source'];
for (const file of files) {
  const timeout = Math.floor(until - performance.now());
  if (timeout <= 0) {
    console.error(`${file} is left out: the ${deadlineMs / 60_000} minutes of all benchmarks are over`);
    process.exitCode = 1;
    continue;
  }
  const result = spawnSync(process.execPath, [...flags, path.join(folder, file), ...(isQuick ? ['--quick'] : [])], {
    stdio: 'inherit',
    cwd: folder,
    env,
    timeout,
    killSignal: 'SIGTERM', // it then ends what it started
  });
  if (result.status !== 0) {
    console.error(`${file}: ${result.error?.message ?? result.signal ?? `exit code ${result.status}`}`);
    process.exitCode = 1;
  }
}
if (files.length > 0 && !isQuick) {
  const table = spawnSync(process.execPath, [...flags, path.join(folder, 'table.ts')], { stdio: 'inherit' });
  // The README of websockets has a table of its own.
  const documents = spawnSync(process.execPath, [...flags, path.join(import.meta.dirname, 'docs.ts')], {
    stdio: 'inherit',
  });
  if (table.status !== 0 || documents.status !== 0) process.exitCode = 1;
}
