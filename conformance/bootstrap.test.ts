// DESIGN decision 1, on a real old Node: the `longhaul` command and the repository's scripts find or fetch a Node that is
// new enough, say so in one line, and say clearly what is wrong when they cannot.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const bootstrap = createRequire(import.meta.url)('../packages/cli/bootstrap.cjs');
const root = path.join(import.meta.dirname, '..');
const command = path.join(root, 'packages/cli/bin/longhaul.cjs');
const oldVersion = '16.20.2';
const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-bootstrap-'));
let oldNode = '';

before(() => {
  const target = path.join(
    bootstrap.dataFolder(process.env),
    'node',
    `${oldVersion}-${process.platform}-${process.arch}`,
  );
  oldNode = path.join(target, 'bin', 'node');
  if (existsSync(oldNode)) return;
  const name = `node-${process.platform}-${process.arch}`;
  assert.equal(bootstrap.fetchPackage(bootstrap.npmCommand(process.env), name, oldVersion, target), '');
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** As a shell without our help would: no bootstrap guard, nothing of npm or of the test runner; whom to trust is the machine's. */
function plainEnvironment(extra: Record<string, string>): NodeJS.ProcessEnv {
  const isOurs = (name: string) => /^(npm_|NODE_|LONGHAUL_)/.test(name) && name !== 'NODE_EXTRA_CA_CERTS';
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name))), ...extra };
}

function runOld(args: string[], extra: Record<string, string>) {
  return spawnSync(oldNode, args, { encoding: 'utf8', cwd: folder, env: plainEnvironment(extra), timeout: 120_000 });
}

test('under an old Node the command fetches the pinned Node once, says so in one line, and runs', () => {
  const home = path.join(folder, 'fetching');
  // Scripts off, as many companies have it: nothing of ours needs an install script.
  const first = runOld([command, '--version'], { LONGHAUL_HOME: home, npm_config_ignore_scripts: 'true' });
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, /^\d+\.\d+\.\d+/);
  assert.deepEqual(
    first.stderr
      .trim()
      .split('\n')
      .map(line => line.replace(/ into .*/, '')),
    [
      `longhaul: Node ${oldVersion} is too old (24 or newer is needed); fetching Node ${bootstrap.pinnedVersion} once from the npm registry`,
    ],
  );
  const second = runOld([command, '--version'], { LONGHAUL_HOME: home, npm_config_registry: 'http://127.0.0.1:9/' });
  assert.equal(second.status, 0, second.stderr);
  assert.equal(second.stderr, '');
});

test('without a registry it says what is missing and leaves nothing behind', () => {
  const home = path.join(folder, 'offline');
  const result = runOld([command, '--version'], {
    LONGHAUL_HOME: home,
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_fetch_retries: '0',
    npm_config_cache: path.join(folder, 'no-cache'),
  });
  assert.equal(result.status, 1);
  assert.match(
    result.stderr,
    /could not fetch node-linux-\w+@.*Install Node 24 or newer, or let npm reach its registry/s,
  );
  assert.deepEqual(readdirSync(path.join(home, 'data', 'node')), []);
});

test('a second round on an old Node stops with a message instead of going round', () => {
  const result = runOld([command, '--version'], {
    LONGHAUL_HOME: path.join(folder, 'guard'),
    LONGHAUL_BOOTSTRAPPED: '1',
  });
  assert.equal(result.status, 1);
  assert.match(result.stderr, /also in the second round/);
});

test('the exit code and a SIGTERM reach the program that runs in our place', async () => {
  const home = path.join(folder, 'signals');
  mkdirSync(path.join(home, 'data', 'node'), { recursive: true });
  const script = path.join(folder, 'wait.ts');
  writeFileSync(
    script,
    "process.on('SIGTERM', () => process.exit(7 as number)); setInterval(() => {}, 1000); console.log(process.pid, process.version);",
  );
  const child = spawn(oldNode, [path.join(root, 'scripts/with-node.cjs'), script], {
    cwd: root,
    env: plainEnvironment({}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const [pid = '', version = ''] = String(line).trim().split(' ');
  assert.ok(Number(version.slice(1).split('.')[0]) >= 24, version);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 7);
  assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });
});
