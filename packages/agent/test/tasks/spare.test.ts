// The spare host, in real processes: it becomes the host of whoever needs one next and cannot be told from one that was started
// for it; there is never more than one, and its death costs nobody a run.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import type { AgentStatus, AppRecord } from '@longhaul/agent-protocol';
import { leakCheck, waitFor } from '@longhaul/testing';
import { isAlive, processesMarked } from '../../src/platform/process-facts.ts';
import { hostMark } from '../../src/tasks/host.ts';
import { createHome, type Home } from '../process/home.ts';
import { makeApp, openRoom, owner, type Room, type RoomOptions, socketTask, statusOf } from './room.ts';

after(leakCheck());

/** What a host could be told apart by. */
const describes = `
import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
export function run() {
  const { ${hostMark}: key, ...env } = process.env;
  console.log(JSON.stringify({
    folder: process.cwd(), argv: process.argv, execArgv: process.execArgv, env, hasKey: key?.length > 30,
    heap: getHeapStatistics().heap_size_limit, command: readFileSync('/proc/self/cmdline', 'latin1'),
    events: process.eventNames().sort(), descriptors: [3, 4].map(fd => readFileSync('/proc/self/fdinfo/' + fd, 'latin1').match(/flags.*/)[0]),
  }));
}`;
const quiet = 'export function run() {}';

/** Of a busy machine. */
const patience = { timeoutMs: 20_000 };

const openSpareRoom = (t: TestContext, options: RoomOptions) =>
  openRoom(t, { ...options, limits: { spareHost: true, spareDelayMs: 20, ...options.limits } });

const spareOf = ({ tasks }: Room) => waitFor('a spare host', () => tasks.spareHostPid ?? undefined, patience);
const hostsOf = (folder: string) => processesMarked(`LONGHAUL_TEST_FOLDER=${folder}`);

/** A room for two entry points, the other of which has a copy of the SDK in its own folder. */
async function twoSdks(t: TestContext) {
  const folder = makeApp(t, { 'describes.mjs': describes });
  const other = makeApp(t, { 'describes.mjs': describes });
  const sdk = join(other, 'sdk');
  cpSync(join(import.meta.dirname, '../../../client/src'), join(sdk, 'src'), { recursive: true });
  cpSync(join(import.meta.dirname, '../../../client/package.json'), join(sdk, 'package.json'));
  symlinkSync(realpathSync(join(other, 'node_modules')), join(sdk, 'node_modules'));
  rmSync(join(other, 'node_modules'));
  mkdirSync(join(other, 'node_modules', '@longhaul'), { recursive: true });
  symlinkSync(sdk, join(other, 'node_modules', '@longhaul', 'client'));

  const declared = [folder, other].map(place => socketTask(join(place, 'describes.mjs#run')));
  const room = await openSpareRoom(t, { folder, declared });
  const [ofWorkspace, ofOther] = declared.map(({ entryPoint }) => entryPoint) as [string, string];
  const register = (app: string, entryPoint: string) =>
    room.tasks.register(app, { name: 'n', entryPoint, trigger: { type: 'socket-activity' } });
  return { room, ofWorkspace, ofOther, register, program: join(realpathSync(sdk), 'src/task-host/main.ts') };
}

const spareWith = (program: string, { tasks }: Room) =>
  waitFor(
    'a spare host of its SDK',
    () => {
      const pid = tasks.spareHostPid;
      return pid !== null && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(program) ? pid : undefined;
    },
    patience,
  );

describe('a spare host', { concurrency: 2 }, () => {
  test('becomes the host of the app whose task runs next, and nothing tells it from one that was started for it', async t => {
    const folder = makeApp(t, { 'describes.mjs': describes });
    const room = await openSpareRoom(t, { folder });
    const plain = await openRoom(t, { folder, state: join(folder, 'other') });
    const first = await plain.ended(await plain.run('./describes.mjs#run'));
    assert.equal(room.tasks.spareHostPid, null, 'nobody can need one');
    const unneeded = await room.tasks.register('com.example.other', {
      name: 'n',
      entryPoint: './describes.mjs#run',
      trigger: { type: 'socket-activity' },
    });
    const spare = await spareOf(room);
    const run = await room.ended(await room.run('./describes.mjs#run'));
    assert.deepEqual([statusOf(run), run.pid], [{ status: 'completed', attempt: 1, error: null }, spare]);
    assert.deepEqual(JSON.parse(run.log), JSON.parse(first.log));
    assert.equal(JSON.parse(run.log).folder, realpathSync(folder));
    const next = await spareOf(room);
    assert.notEqual(next, spare, 'the next one waits');
    const other = await room.ended(await room.run('./describes.mjs#run', { app: 'com.example.other' }));
    assert.equal(other.pid, next);
    assert.equal(plain.tasks.spareHostPid, null, 'where none is wanted there is none');
    await room.tasks.unregister(owner, unneeded.taskId, false);
  });

  test('is the only one, and goes with the last task', async t => {
    const folder = makeApp(t, { 'quiet.mjs': quiet });
    process.env.LONGHAUL_TEST_FOLDER = folder;
    t.after(() => delete process.env.LONGHAUL_TEST_FOLDER);
    const room = await openSpareRoom(t, { folder, limits: { warmMs: 10 } });
    for (const app of ['a.a', 'b.b', 'c.c']) await room.ended(await room.run('./quiet.mjs#run', { app }));
    await spareOf(room);
    await waitFor('the hosts to end', () => hostsOf(folder).length === 1, patience);
    const pid = await spareOf(room);
    assert.deepEqual(hostsOf(folder), [pid]);
    for (const { taskId } of room.tasks.list(owner)) await room.tasks.unregister(owner, taskId, false);
    await waitFor('it to end', () => hostsOf(folder).length === 0, patience);
    assert.equal(room.tasks.spareHostPid, null);
  });

  test('that is killed while it waits is replaced', async t => {
    const room = await openSpareRoom(t, { folder: makeApp(t, { 'quiet.mjs': quiet }) });
    const first = await room.ended(await room.run('./quiet.mjs#run'));
    const killed = await spareOf(room);
    process.kill(killed, 'SIGKILL');
    await waitFor('another', () => ![null, killed].includes(room.tasks.spareHostPid), patience);
    process.kill(first.pid!, 'SIGKILL');
    await waitFor('its host to be gone', () => room.told.includes('host ended'), patience);
    const { status, attempt } = await room.ended(await room.run('./quiet.mjs#run'));
    assert.deepEqual([status, attempt], ['completed', 1]);
  });

  test('that is killed in the moment in which it is needed costs nobody a run', async t => {
    const room = await openSpareRoom(t, { folder: makeApp(t, { 'quiet.mjs': quiet }) });
    const register = { name: 'quiet', entryPoint: './quiet.mjs#run', trigger: { type: 'socket-activity' } } as const;
    const { taskId } = await room.tasks.register('a.a', register);
    const dead = await spareOf(room);
    process.kill(dead, 'SIGKILL');
    while (isAlive(dead)); // no turn of the loop, in which the agent would be told
    const first = await room.ended(
      room.tasks.trigger({ app: 'a.a', taskId, reason: 'socket-activity', socketId: 'one' }),
    );
    assert.deepEqual([statusOf(first), first.pid === dead], [{ status: 'completed', attempt: 1, error: null }, false]);
    // One that was taken alive, and dies before it has read its first word.
    const frozen = await spareOf(room);
    process.kill(frozen, 'SIGSTOP');
    const id = await room.run('./quiet.mjs#run', { app: 'b.b' });
    await room.reached(id, 'its start', ({ pid }) => pid === frozen);
    process.kill(frozen, 'SIGKILL');
    const second = await room.ended(id);
    assert.deepEqual([second.status, second.attempt, isAlive(frozen)], ['completed', 2, false]);
  });

  test('is for apps with the very SDK that it has loaded; one that was installed anew meanwhile is loaded anew', async t => {
    const { room, ofWorkspace, ofOther, register, program } = await twoSdks(t);
    await register('a.a', ofWorkspace);
    const first = await spareOf(room);
    const run = await room.ended(await room.run(ofOther, { app: 'b.b' }));
    assert.deepEqual([run.pid === first, run.attempt, run.status], [false, 1, 'completed']);
    assert.equal(JSON.parse(run.log).argv[1], program);
    assert.equal((await room.ended(await room.run(ofWorkspace, { app: 'a.a' }))).pid, first, 'it waited on');
    await register('c.c', ofOther); // the one without a host
    const second = await spareWith(program, room);
    chmodSync(program, 0o600);
    const { pid, status } = await room.ended(await room.run(ofOther, { app: 'c.c' }));
    assert.deepEqual([pid === second, status], [false, 'completed']);
  });

  test('whose SDK cannot be looked at any more costs an app with another SDK no run', async t => {
    const { room, ofWorkspace, ofOther, register, program } = await twoSdks(t);
    await register('b.b', ofOther);
    await spareWith(program, room);
    rmSync(program);
    symlinkSync('main.ts', program); // a loop
    const { status } = await room.ended(await room.run(ofWorkspace, { app: 'a.a' }));
    assert.equal(status, 'completed');
  });

  test('of an agent is told in its status, dies with it, and is not there where it is turned off', async t => {
    const folder = makeApp(t, { 'quiet.mjs': quiet });
    const open = async (home: Home) => {
      await home.ensure();
      const client = await home.owner();
      const manifest = { id: 'a', folder, tasks: [socketTask('./quiet.mjs#run')] };
      const { grantFile } = await client.invoke<AppRecord>('registerApp', manifest);
      const app = await home.connect(JSON.parse(readFileSync(grantFile, 'utf8')).token);
      await app.invoke('registerTask', {
        name: 'n',
        entryPoint: './quiet.mjs#run',
        trigger: { type: 'socket-activity' },
      });
    };
    const status = async (home: Home) => (await home.owner()).invoke<AgentStatus>('getStatus');
    const waiting = (home: Home) =>
      waitFor('a spare host', async () => (await status(home)).spareHostPid ?? undefined, patience);
    const [without, home] = [createHome(t), createHome(t)];
    without.env.LONGHAUL_SPARE_HOST = 'off';
    await open(without);
    await open(home);
    const pid = await waiting(home);
    assert.equal((await status(without)).spareHostPid, null, 'though it has had more time');
    process.kill((await status(home)).pid, 'SIGKILL');
    await waitFor('its end', () => !isAlive(pid), patience);
    assert.notEqual(await waiting(home), pid, 'the next agent has another');
  });
});
