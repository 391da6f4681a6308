// Everything that needs no running: formatting and lint (Biome), layers, types of sources, tests and scripts.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');

const steps: [string, string[]][] = [
  [
    'biome',
    [
      path.join(root, 'node_modules/@biomejs/biome/bin/biome'),
      'ci',
      '--colors=off',
      '--error-on-warnings',
      '--diagnostic-level=warn',
      '.',
    ],
  ],
  ['layers', [path.join(root, 'scripts/check-layers.ts')]],
  ['types', [path.join(root, 'node_modules/typescript/bin/tsc'), '-b']],
  ['documents', ['--conditions=longhaul-source', path.join(root, 'scripts/docs.ts'), '--check']],
  ['public surface', [path.join(root, 'scripts/api.ts'), '--check']],
  ['types of the dashboard', [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'packages/dashboard']],
  ['types of tests', [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.tests.json']],
];

/** Runs all checks; true when every one passed. */
export function check(): boolean {
  let isGood = true;
  for (const [name, args] of steps) {
    const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
    if (result.status !== 0) {
      console.error(`check: ${name} failed`);
      isGood = false;
    }
  }
  return isGood;
}

if (import.meta.main) process.exitCode = check() ? 0 : 1;
