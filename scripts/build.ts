// `npm run build`: the dashboard's page (Vite) and every package's dist (tsc -b). The page is built anew only when
// something it is made from has changed; output whose source is gone is removed first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { compiledPackages, removeStaleOutput } from './stale-output.ts';

const bootstrap = createRequire(import.meta.url)('../packages/cli/bootstrap.cjs');
const root = path.join(import.meta.dirname, '..');
const stamp = path.join(root, 'packages/dashboard/dist/.made-from');

function dashboardSources(): string {
  const hash = createHash('sha256');
  const patterns = [
    'packages/dashboard/{src,public}/**/*',
    'packages/dashboard/*.*',
    'packages/agent-protocol/src/*.ts',
    'packages/hubs/src/hub-error.ts',
    'package-lock.json',
  ];
  for (const file of patterns
    .flatMap(pattern => globSync(pattern, { cwd: root, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name))
    .sort())
    hash.update(path.relative(root, file)).update(readFileSync(file));
  return hash.digest('hex');
}

/** Builds the dashboard's page when it is not what its sources say. True when it is there. */
export function buildDashboard(): boolean {
  const wanted = dashboardSources();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  const [command, args] = bootstrap.findNpm(process.execPath) as [string, string[]];
  const result = spawnSync(command, [...args, 'run', '--silent', 'build', '-w', 'packages/dashboard'], {
    cwd: root,
    encoding: 'utf8',
    env: bootstrap.environmentFor(process.execPath),
  });
  if (result.status !== 0) {
    console.error(`build of the dashboard failed\n${result.stdout}${result.stderr}`);
    return false;
  }
  writeFileSync(stamp, wanted);
  return true;
}

/** Everything: page and dist folders. */
export function build(): boolean {
  const isPageGood = buildDashboard();
  for (const folder of compiledPackages(root)) removeStaleOutput(folder);
  const result = spawnSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-b'], {
    cwd: root,
    stdio: 'inherit',
  });
  return isPageGood && result.status === 0;
}

if (import.meta.main) process.exitCode = build() ? 0 : 1;
