// `longhaul agent …`, `longhaul dashboard` and `longhaul app …`.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { findAgent } from '@longhaul/agent/launch';
import { connectAgent } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { CommandHome, errorsOf } from './command-home.ts';
import { runShell } from './shell.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
beforeEach(() => home.run(['agent', 'stop']));

const isAlive = (pid: number) => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

test('agent status without an agent is exit code 3 and starts none', async () => {
  const status = await home.run(['agent', 'status', '--json']);
  assert.deepEqual([status.code, status.json, status.stderr], [3, { running: false }, '']);
  assert.equal((await home.run(['agent', 'status'])).stdout, 'No agent runs.\n');
  assert.equal(await findAgent({ env: home.env }), undefined);
});

test('agent start starts one, a second time it finds it; status has every fact', async () => {
  const started = await home.json('agent', 'start');
  const again = await home.json('agent', 'start');
  const status = await home.json('agent', 'status');
  assert.deepEqual(again, started);
  assert.deepEqual(status, started);
  assert.equal(status.running, true);
  assert.ok(isAlive(status.pid) && isAlive(status.keeperPid) && status.pid !== status.keeperPid);
  assert.match(status.version, /^\d+\.\d+\.\d+/);
  assert.ok(statSync(status.socket).isSocket());
  assert.equal(status.dashboardUrl, null);
});

test('agent stop ends agent and keeper before it returns; a second time it does nothing', async () => {
  const { pid, keeperPid } = await home.json('agent', 'start');
  const stopped = await home.run(['agent', 'stop', '--json']);
  assert.deepEqual([stopped.code, stopped.json], [0, { running: false }]);
  assert.ok(!isAlive(pid) && !isAlive(keeperPid));
  assert.equal((await home.run(['agent', 'stop'])).code, 0);
});

test('agent restart puts another agent under the same keeper; where none runs it starts one', async () => {
  const first = await home.json('agent', 'restart');
  const second = await home.json('agent', 'restart');
  assert.notEqual(second.pid, first.pid);
  assert.equal(second.keeperPid, first.keeperPid);
  assert.equal(isAlive(first.pid), false);
});

test('list and dashboard start an agent; the link works once and opens the loopback port', async () => {
  assert.deepEqual(await home.json('list'), []);
  await home.run(['agent', 'stop']);
  const { url } = await home.json('dashboard');
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]+$/);
  const status = await home.json('agent', 'status');
  assert.equal(new URL(status.dashboardUrl).origin, new URL(url).origin);
  assert.ok(!JSON.stringify(status).includes(new URL(url).hash.slice(6)), 'no secret in the status');
  const people = await home.run(['dashboard']);
  assert.match(people.stdout, /^http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]+\n$/);
});

test('agent run serves in the foreground until SIGTERM, and a second one is refused', async () => {
  const running = Promise.withResolvers<{ kill: (signal: NodeJS.Signals) => void }>();
  const ended = home.run(['agent', 'run'], { running: child => running.resolve(child) });
  const child = await running.promise;
  await waitFor('the agent to serve', () => findAgent({ env: home.env }), { timeoutMs: 30_000, everyMs: 50 });
  const second = await home.run(['agent', 'run', '--json']);
  assert.deepEqual([second.code, errorsOf(second)[0]?.code], [9, 'agent-already-running']);
  assert.equal((await home.json('agent', 'status')).running, true);
  child.kill('SIGTERM');
  const { code, stderr } = await ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Serving at /);
  assert.equal(await findAgent({ env: home.env }), undefined);
});

test('an app is registered from its manifest, listed, and unregistered with all it left', async () => {
  const tasks = [{ entryPoint: './background.js#run', triggers: ['socket-activity'] }];
  writeFileSync(home.file('app.json'), JSON.stringify({ id: 'com.example.player', name: 'Player', tasks }));
  writeFileSync(home.file('background.js'), 'export function run() {}');
  const app = await home.json('app', 'register', 'app.json');
  assert.deepEqual([app.id, app.name, app.folder], ['com.example.player', 'Player', dirname(home.file('app.json'))]);
  assert.deepEqual(app.tasks, tasks);
  assert.equal(statSync(app.grantFile).mode & 0o777, 0o600);
  const piped = await home.run(['app', 'register', '--json', '-'], { input: '{"id":"com.example.other"}' });
  assert.equal(piped.code, 0, piped.stderr);
  assert.deepEqual((await home.json('app', 'list')).map(({ id }: { id: string }) => id).sort(), [
    'com.example.other',
    'com.example.player',
  ]);
  assert.match((await home.run(['app', 'list'])).stdout, /^ID +NAME +SINCE +GRANT\ncom\.example\./);
  assert.deepEqual(await home.json('app', 'unregister', 'com.example.player'), { id: 'com.example.player' });
  const again = await home.run(['app', 'unregister', '--json', 'com.example.player']);
  assert.deepEqual([again.code, errorsOf(again)[0]?.code], [4, 'not-found']);
});

test('a manifest whose tasks cannot be started is refused, which names the task and the path (TI-01)', async () => {
  const register = async (entryPoint: string) => {
    const tasks = [{ entryPoint, triggers: ['socket-activity'] }];
    writeFileSync(home.file('app.json'), JSON.stringify({ id: 'com.example.new', tasks }));
    const ended = await home.run(['app', 'register', '--json', 'app.json']);
    return ended.code === 0 ? 'registered' : [ended.code, errorsOf(ended)[0]?.code, errorsOf(ended)[0]?.message];
  };
  const refused = (why: string) => [2, 'invalid-argument', why];
  const at = (name: string) => home.file(name);
  mkdirSync(at('folder.js'));
  writeFileSync(at('data.json'), '{}');
  writeFileSync(at('here.ts'), 'export function run() {}');
  const begin = (name: string) => `the task "./${name}#run" cannot be started:`;
  assert.deepEqual(await register('./gone.js#run'), refused(`${begin('gone.js')} there is no file ${at('gone.js')}`));
  assert.deepEqual(await register('./folder.js#run'), refused(`${begin('folder.js')} ${at('folder.js')} is no file`));
  assert.deepEqual(
    await register('./data.json#run'),
    refused(`${begin('data.json')} ${at('data.json')} is no module that Node loads, by its ".json"`),
  );
  assert.ok((await home.json('app', 'list')).every(({ id }: { id: string }) => id !== 'com.example.new'));
  assert.equal(await register('./here.ts#run'), 'registered');
  rmSync(at('here.ts'));
  await using _as = await connectAgent({ manifest: at('app.json'), env: home.env });
  assert.deepEqual(await register('./here.ts#run'), refused(`${begin('here.ts')} there is no file ${at('here.ts')}`));
  await home.json('app', 'unregister', 'com.example.new');
});

test('a manifest that never ends, or is no file, is refused at once', async () => {
  const { stdout } = await runShell(
    home,
    'mkfifo fifo; longhaul app register fifo; echo $?; longhaul app register /dev/zero; echo $?',
  );
  assert.equal(stdout, '2\n2\n');
  writeFileSync(home.file('large.json'), ' '.repeat(1_048_577));
  const large = await home.run(['app', 'register', '--json', 'large.json']);
  assert.match(errorsOf(large)[0]?.message ?? '', /has 1048577 bytes, and a manifest has at most 1048576/);
  const endless = await runShell(home, 'longhaul app register --json - < /dev/zero; echo $?');
  assert.match(endless.stderr, /cannot read -: it has more than 1048576 bytes/);
});

test('a manifest that is none is exit code 2 and says what is wrong with it', async () => {
  const manifests = ['', '[]', '{"id":"../x"}', '{"id":"a","exec":"rm"}', '"/dev/null"', 'null', '{"name":"no id"}'];
  for (const input of manifests) {
    const ended = await home.run(['app', 'register', '--json', '-'], { input });
    assert.deepEqual([ended.code, errorsOf(ended)[0]?.code], [2, 'invalid-argument'], input);
  }
  const ruled = await home.run(['app', 'register', '--json', '-'], { input: '{"id":"../x"}' });
  assert.match(errorsOf(ruled)[0]?.message ?? '', /id: an app id has 1 to 128 letters, digits, dots/);
  assert.equal(await findAgent({ env: home.env }), undefined, 'nobody was asked');
});
