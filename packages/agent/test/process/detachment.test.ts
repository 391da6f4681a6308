// A started agent has nothing of the one who started it: no descriptors, no session, no control group, no environment.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AgentStatus } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { findAgent, waitForAgentEnd } from '../../src/launch/index.ts';
import { findHierarchies } from '../../src/platform/control-group.ts';
import { nodeFlags } from '../../src/platform/source.ts';
import { createHome, isAlive } from './home.ts';

after(leakCheck());

const borrower = fileURLToPath(new URL('./borrower.ts', import.meta.url));

test('pipes and locks of the command are free when it ends: stdout, 9 and one far above', async t => {
  const home = createHome(t);
  const command = [process.execPath, ...nodeFlags, borrower].map(part => `'${part}'`).join(' ');
  const lock = join(dirname(home.folder), 'lock');
  const far = readdirSync('/proc/self/fd').length + 200;
  // The shell gives its pipe to the program as 1 and 9, and a locked file under a high number, as scripts with flock do.
  const script = `exec ${far}>'${lock}' && flock -n ${far} && ${command} 9>&1`;
  const shell = spawn('bash', ['-c', script], { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] });
  const code = new Promise<number | null>(resolve => shell.on('exit', resolve));
  assert.equal(await text(shell.stdout), '');
  assert.equal(await code, 0);
  const again = spawn('flock', ['-n', lock, 'true'], { stdio: 'ignore' });
  assert.equal(await new Promise(resolve => again.on('exit', resolve)), 0);
  const { pid, keeperPid } = await (await home.owner()).invoke<AgentStatus>('getStatus');
  for (const owner of [pid, keeperPid]) {
    const descriptors = readdirSync(`/proc/${owner}/fd`);
    assert.ok(descriptors.every(name => readlinkSync(`/proc/${owner}/fd/${name}`) !== lock));
    // The stand-ins below the far one were closed as well.
    assert.ok(descriptors.length < far / 2, `${descriptors.length} descriptors`);
  }
});

test('keeper and agent are in a session of their own, in the root folder, without the secrets of their first caller', async t => {
  const home = createHome(t);
  const { exited } = home.launch('ensure', { env: { ...home.env, AWS_SECRET_ACCESS_KEY: 'hidden', NODE_OPTIONS: '' } });
  assert.equal((await exited).code, 0);
  const { pid, keeperPid } = await (await home.owner()).invoke<AgentStatus>('getStatus');
  for (const owner of [pid, keeperPid]) {
    assert.equal(readlinkSync(`/proc/${owner}/cwd`), '/');
    assert.equal(readFileSync(`/proc/${owner}/environ`, 'utf8').includes('AWS_SECRET'), false);
    const stat = readFileSync(`/proc/${owner}/stat`, 'utf8');
    const session = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
    assert.equal(session, keeperPid);
  }
});

test('killing the whole control group of the app that started the agent does not reach it', async t => {
  const hierarchy = version2Folder();
  if (hierarchy === undefined) return t.skip('no cgroup version 2 hierarchy that this user may write to');
  const home = createHome(t);
  const group = join(hierarchy, `longhaul-test-${process.pid}`);
  mkdirSync(group);
  t.after(async () => {
    await waitFor('the group to be empty', () => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '');
    rmdirSync(group);
  });
  // The app moves itself in, as whatever starts apps does; then it uses the agent and stays.
  const script = `echo $$ > '${join(group, 'cgroup.procs')}' && "$@" && exec sleep 1000`;
  const { child } = home.launch('ensure', { prefix: ['sh', '-c', script, 'app'] });
  const endpoint = await waitFor('the agent to serve', () => findAgent({ env: home.env }), { timeoutMs: 20_000 });
  assert.ok(readFileSync(join(group, 'cgroup.procs'), 'utf8').includes(String(child.pid)));
  const gone = new Promise(resolve => child.on('exit', (_, signal) => resolve(signal)));
  writeFileSync(join(group, 'cgroup.kill'), '1');
  assert.equal(await gone, 'SIGKILL');
  const owner = await home.owner();
  const { pid, keeperPid } = await owner.invoke<AgentStatus>('getStatus');
  assert.equal(keeperPid, endpoint.keeperPid);
  assert.ok(isAlive(pid));
  const own = groupFolderOf(keeperPid);
  assert.notEqual(own, group);
  await owner.invoke('stopAgent');
  assert.equal(await waitForAgentEnd(endpoint), true);
  assert.equal(existsSync(own), false, 'the keeper takes its own group away');
});

/** The folder of this process's group where a group can be made beside it and killed; `undefined` where that is not permitted. */
function version2Folder(): string | undefined {
  const folder = hierarchiesOf('self').find(({ mountPoint }) =>
    existsSync(join(mountPoint, 'cgroup.controllers')),
  )?.folder;
  if (folder === undefined) return undefined;
  const probe = join(folder, `longhaul-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    const canKill = existsSync(join(probe, 'cgroup.kill'));
    rmdirSync(probe);
    return canKill ? folder : undefined;
  } catch {
    return undefined;
  }
}

function groupFolderOf(pid: number): string {
  const found = hierarchiesOf(String(pid)).find(({ mountPoint }) => existsSync(join(mountPoint, 'cgroup.controllers')));
  assert.ok(found);
  return found.folder;
}

function hierarchiesOf(pid: string) {
  return findHierarchies(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
}
