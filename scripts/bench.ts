// `npm run bench`: runs the questions in benchmarks/ (all, or those named) and writes their result JSON beside them.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, '..', 'benchmarks');
const names = process.argv.slice(2);
const files = globSync('*.bench.ts', { cwd: folder })
  .filter(file => names.length === 0 || names.some(name => file.startsWith(name)))
  .sort();
if (files.length === 0) {
  console.error(
    `No benchmark matches ${names.join(' ')}. There are: ${globSync('*.bench.ts', { cwd: folder }).join(' ')}`,
  );
  process.exitCode = 2;
}
for (const file of files) {
  const result = spawnSync(process.execPath, ['--conditions=longhaul-source', path.join(folder, file)], {
    stdio: 'inherit',
    cwd: folder,
  });
  if (result.status !== 0) process.exitCode = 1;
}
