// With a real systemd user manager: the agent becomes a transient service of the user, not a child of the app.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AgentStatus } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { findAgent, waitForAgentEnd } from '../../src/launch/index.ts';
import { findHierarchies } from '../../src/platform/control-group.ts';
import { nodeFlags } from '../../src/platform/source.ts';
import { createHome } from './home.ts';

after(leakCheck());

const script = fileURLToPath(new URL('./user-manager.sh', import.meta.url));
const borrower = fileURLToPath(new URL('./borrower.ts', import.meta.url));

test('where the user has a service manager, the agent is its service: transient, private, ended in order', async t => {
  const missing = whatIsMissing();
  if (missing !== undefined) return t.skip(missing);
  const home = createHome(t);
  const runtime = join(dirname(home.folder), 'user');
  mkdirSync(runtime, { mode: 0o700 });
  const name = `longhaul-test-manager-${process.pid}`;
  const [group] = hierarchies()
    .map(({ mountPoint }) => join(mountPoint, name))
    .filter(isVersion2);
  assert.ok(group);
  mkdirSync(group);
  t.after(() => {
    for (const { mountPoint } of hierarchies()) removeGroups(join(mountPoint, name));
  });

  const command = [script, group, runtime, process.execPath, ...nodeFlags, borrower];
  const manager = spawn('unshare', ['-m', ...command], { env: home.env, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise(resolve => manager.on('exit', resolve));
  try {
    const endpoint = await waitFor('the agent to serve', () => findAgent({ env: home.env }), { timeoutMs: 20_000 });
    const owner = await home.owner();
    const { pid, keeperPid } = await owner.invoke<AgentStatus>('getStatus');
    assert.equal(keeperPid, endpoint.keeperPid);
    for (const one of [pid, keeperPid]) {
      const own =
        readFileSync(`/proc/${one}/cgroup`, 'utf8')
          .split('\n')
          .find(line => line.startsWith('0::')) ?? '';
      assert.match(own, new RegExp(`^0::/${name}/app\\.slice/longhaul-[0-9a-f]{8}-[0-9a-f]{8}\\.service$`));
    }
    assert.equal(statSync(home.paths.crashLogFile).mode & 0o777, 0o600);
    await owner.invoke('stopAgent');
    assert.equal(await waitForAgentEnd(endpoint), true);
  } finally {
    manager.stdin?.end();
    await ended;
  }
});

function hierarchies() {
  return findHierarchies(readFileSync('/proc/self/cgroup', 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'));
}

const isVersion2 = (folder: string): boolean => existsSync(join(dirname(folder), 'cgroup.controllers'));

function removeGroups(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroups(join(folder, entry.name));
  }
  rmdirSync(folder);
}

function whatIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can make the namespace that a user manager needs here';
  if (existsSync('/run/systemd/system')) return 'this machine runs systemd: a second user manager would disturb it';
  for (const program of ['/lib/systemd/systemd', '/usr/bin/systemd-run', '/usr/bin/unshare']) {
    if (!existsSync(program)) return `${basename(program)} is not installed`;
  }
  try {
    const top = hierarchies()
      .map(({ mountPoint }) => mountPoint)
      .find(mountPoint => isVersion2(join(mountPoint, 'x')));
    if (top === undefined) return 'no cgroup version 2 hierarchy';
    accessSync(top, constants.W_OK);
    return undefined;
  } catch {
    return 'cgroupfs is not writable';
  }
}
