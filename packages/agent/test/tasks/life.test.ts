// Registrations and runs over a store, in real processes: what is kept over restarts, who waits for whom, what is told.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LonghaulError } from '@longhaul/agent-protocol';
import { waitFor } from '@longhaul/testing';
import { isAlive } from '../../src/platform/process-facts.ts';
import { appId, makeApp, openRoom, owner, socketTask, statusOf } from './room.ts';

const quick = `export function run(task) { console.log(task.instanceId, task.attempt, task.triggerDetails.reason); }`;
/** Ends when the file named by the entry point's folder appears. */
const waits = `
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
export async function run(task) {
  console.log('begins');
  while (!existsSync(new URL('./go', import.meta.url))) { task.signal.throwIfAborted(); await delay(5); }
}`;
const code = (wanted: string) => (error: unknown) => error instanceof LonghaulError && error.code === wanted;
const register = { name: 'A task', entryPoint: './quick.mjs#run', trigger: { type: 'socket-activity' } } as const;

describe('tasks', { concurrency: 1 }, () => {
  test('registrations survive a restart; each says how often it ran; the same id registers once (TI-01, TI-16)', async t => {
    const folder = makeApp(t, { 'quick.mjs': quick });
    const id = randomUUID();
    const first = await openRoom(t, { folder });
    const registered = await first.tasks.register(appId, { id, ...register });
    assert.deepEqual(await first.tasks.register(appId, { id, ...register }), registered);
    await assert.rejects(first.tasks.register(appId, { id, ...register, name: 'B' }), code('already-exists'));
    const other = await first.tasks.register(appId, register);
    assert.notEqual(other.taskId, id, 'names are not unique');
    const run = first.tasks.trigger({ app: appId, taskId: id, reason: 'socket-activity', socketId: 's' });
    await first.ended(run);
    await first.close();

    const second = await openRoom(t, { folder });
    const [task, ...others] = second.tasks.list(owner);
    assert.deepEqual(others, [other]);
    const { startedAt } = second.tasks.getRun(owner, run);
    assert.deepEqual(task, { ...registered, lastRunAt: startedAt, completedRuns: 1, failedRuns: 0 });
    const [kept] = second.tasks.listRuns({ role: 'app', app: appId }, id);
    assert.deepEqual([kept?.id, kept?.status, kept?.trigger.socketId], [run, 'completed', 's']);
    assert.equal(second.tasks.getRun(owner, run).log, `${run} 1 socket-activity\n`);
  });

  test('what another app has does not exist for this one', async t => {
    const room = await openRoom(t, { folder: makeApp(t, { 'quick.mjs': quick }) });
    const run = await room.run('./quick.mjs#run');
    await room.ended(run);
    const { taskId } = room.tasks.list(owner)[0]!;
    const stranger = { role: 'app', app: 'com.example.other' } as const;
    assert.deepEqual([room.tasks.list(stranger), room.tasks.listRuns(stranger, null)], [[], []]);
    assert.throws(() => room.tasks.getRun(stranger, run), code('not-found'));
    assert.throws(() => room.tasks.cancelRun(stranger, run), code('not-found'));
    await assert.rejects(room.tasks.unregister(stranger, taskId, true), code('not-found'));
    const wanted = { app: stranger.app, taskId, reason: 'socket-activity', socketId: 's' } as const;
    assert.throws(() => room.tasks.trigger(wanted), code('not-found'));
  });

  test('a host stays warm for the next run, and ends when nothing comes', async t => {
    const folder = makeApp(t, { 'quick.mjs': quick });
    const room = await openRoom(t, { folder, limits: { warmMs: 300 } });
    const first = await room.ended(await room.run('./quick.mjs#run'));
    const second = await room.ended(await room.run('./quick.mjs#run', { reason: 'keep-alive-timer-expired' }));
    assert.equal(second.pid, first.pid);
    assert.equal(second.log, `${second.id} 1 keep-alive-timer-expired\n`);
    await waitFor('the host to end', () => !isAlive(first.pid!));
    const third = await room.ended(await room.run('./quick.mjs#run'));
    assert.notEqual(third.pid, first.pid);
  });

  test('runs of an app share its host up to the limit, the others wait in line', async t => {
    const folder = makeApp(t, { 'waits.mjs': waits });
    const room = await openRoom(t, { folder, limits: { maxParallelRuns: 2 } });
    const ids = await Promise.all([1, 2, 3, 4].map(() => room.run('./waits.mjs#run')));
    await room.reached(ids[1]!, 'its place', ({ log }) => log === 'begins\n');
    const status = () => ids.map(id => room.tasks.getRun(owner, id).status);
    assert.deepEqual(status(), ['running', 'running', 'queued', 'queued']);
    writeFileSync(join(folder, 'go'), '');
    const runs = await Promise.all(ids.map(id => room.ended(id)));
    assert.deepEqual(status(), Array(4).fill('completed'));
    assert.equal(new Set(runs.map(({ pid }) => pid)).size, 1);
  });

  test('with one place for a host, two apps take turns although the first is never idle (TI-60)', async t => {
    const folder = makeApp(t, { 'quick.mjs': quick });
    const room = await openRoom(t, { folder, limits: { maxHosts: 1, maxParallelRuns: 1 } });
    const first = await Promise.all(Array.from({ length: 40 }, () => room.run('./quick.mjs#run')));
    const other = await room.run('./quick.mjs#run', { app: 'com.example.other' });
    const between = await room.ended(other);
    assert.equal(between.status, 'completed');
    const runs = await Promise.all(first.map(id => room.ended(id)));
    assert.equal(
      runs.every(({ status }) => status === 'completed'),
      true,
    );
    assert.ok(
      runs.some(({ startedAt }) => startedAt! > between.endedAt!),
      'the first app waited for the other',
    );
  });

  test('unregistering cancels its runs, or lets them finish; nothing starts it afterwards (TI-16)', async t => {
    const folder = makeApp(t, { 'waits.mjs': waits, 'quick.mjs': quick });
    const room = await openRoom(t, { folder, limits: { maxParallelRuns: 2 } });
    const tasks = await Promise.all(
      [1, 2].map(() => room.tasks.register(appId, { ...register, entryPoint: './waits.mjs#run' })),
    );
    const trigger = (taskId: string) =>
      room.tasks.trigger({ app: appId, taskId, reason: 'socket-activity', socketId: 's' });
    const [stays, goes] = tasks.map(({ taskId }) => trigger(taskId));
    const waiting = trigger(tasks[1]!.taskId);
    for (const id of [stays!, goes!]) await room.reached(id, 'its start', ({ log }) => log === 'begins\n');
    await room.tasks.unregister(owner, tasks[1]!.taskId, true);
    const canceled = await Promise.all([goes!, waiting].map(id => room.ended(id)));
    assert.deepEqual(
      canceled.map(run => [run.status, run.cancellationReason, run.attempt]),
      [
        ['canceled', 'abort', 1],
        ['canceled', 'abort', 1],
      ],
    );
    await room.tasks.unregister({ role: 'app', app: appId }, tasks[0]!.taskId, false);
    assert.throws(() => trigger(tasks[0]!.taskId), code('not-found'));
    assert.equal(room.tasks.getRun(owner, stays!).status, 'running');
    writeFileSync(join(folder, 'go'), '');
    assert.equal((await room.ended(stays!)).status, 'completed');
    assert.deepEqual(room.tasks.list(owner), []);
    await waitFor(
      'what happened to be told',
      () => room.facts.filter(({ type }) => type === 'task-removed').length === 2,
    );
  });

  test('a run can be canceled by hand; a second time, and when it is over, nothing happens', async t => {
    const folder = makeApp(t, { 'waits.mjs': waits });
    const room = await openRoom(t, { folder, limits: { maxParallelRuns: 1 } });
    const running = await room.run('./waits.mjs#run');
    const queued = await room.run('./waits.mjs#run');
    await room.reached(running, 'its start', ({ log }) => log === 'begins\n');
    assert.equal(room.tasks.cancelRun(owner, queued).status, 'canceled');
    assert.equal(room.tasks.cancelRun(owner, running).status, 'canceling');
    assert.equal(room.tasks.cancelRun(owner, running).status, 'canceling');
    const run = await room.ended(running);
    assert.deepEqual([run.status, run.cancellationReason, run.error], ['canceled', 'abort', null]);
    assert.equal(room.tasks.cancelRun(owner, running).status, 'canceled');
    assert.deepEqual([room.over.get(running), room.over.get(queued)], ['canceled', 'canceled']);
  });

  test('code that cannot be started fails its run, and says what is missing', async t => {
    const folder = makeApp(t, {
      'quick.mjs': quick,
      'gone.mjs': quick,
      'wrong.mjs': 'export const run = 7;',
      'other.mjs': 'export function walk() {}',
      'broken.mjs': 'export function run( {',
    });
    const declared = ['gone', 'wrong', 'other', 'broken', 'quick'].map(name => socketTask(`./${name}.mjs#run`));
    const room = await openRoom(t, { folder, declared });
    renameSync(join(folder, 'gone.mjs'), join(folder, 'elsewhere.mjs'));
    const ids = await Promise.all(['gone', 'wrong', 'other', 'broken'].map(name => room.run(`./${name}.mjs#run`)));
    const errors = (await Promise.all(ids.map(id => room.ended(id)))).map(run => [run.status, run.error]);
    const failed = (message: string) => ['failed', { code: 'task-failed', message }];
    assert.deepEqual(errors.slice(0, 3), [
      failed(`there is no file ${join(folder, 'gone.mjs')}`),
      failed(`LonghaulError: ${join(folder, 'wrong.mjs')} exports no function as "run"`),
      failed(`LonghaulError: ${join(folder, 'other.mjs')} does not export "run"`),
    ]);
    assert.match(JSON.stringify(errors[3]), /SyntaxError/);
    renameSync(join(folder, 'node_modules'), join(folder, 'no-modules'));
    await waitFor('the host to be free', () => room.tasks.listRuns(owner, null).every(run => run.endedAt !== null));
    const outside = await openRoom(t, { folder, state: join(folder, 'state-2'), declared });
    const run = await outside.ended(await outside.run('./quick.mjs#run'));
    assert.equal(
      run.error?.message,
      `${join(folder, 'quick.mjs')} cannot import "@longhaul/client/task-host": install @longhaul/client where it is`,
    );
  });

  test('what the manifest does not declare is not registered, and what it no longer declares is not started (TI-03)', async t => {
    const folder = makeApp(t, { 'quick.mjs': quick });
    const declared = [socketTask('./quick.mjs#run')];
    const room = await openRoom(t, { folder, declared });
    const undeclared = { ...register, entryPoint: './other.mjs#run' };
    await assert.rejects(room.tasks.register(appId, undeclared), code('task-not-declared'));
    await room.ended(await room.run('./quick.mjs#run'));
    declared.pop();
    const run = await room.ended(await room.run('./quick.mjs#run'));
    assert.deepEqual([run.status, run.error?.code, run.startedAt], ['failed', 'task-not-declared', null]);
    assert.equal(room.over.get(run.id), 'failed');
  });

  test('progress and the end of a run are told; a run is open until its last deferral is complete (TI-14, TI-15, O-20)', async t => {
    const folder = makeApp(t, {
      'defers.mjs': `
        import { existsSync } from 'node:fs';
        export function run(task) {
          const work = task.getDeferral();
          const more = task.getDeferral();
          more.complete(); more.complete();
          task.progress = 40;
          const look = setInterval(() => {
            if (!existsSync(new URL('./go', import.meta.url))) return;
            clearInterval(look);
            task.progress = 100;
            console.log(task.progress, task.suspendedCount, task.cancellationReason, task.task.name);
            work.complete();
            try { task.getDeferral(); } catch (error) { globalThis.late = error.code; }
          }, 5);
        }`,
      'late.mjs': 'export function run() { console.log(globalThis.late); }',
    });
    const room = await openRoom(t, { folder });
    const id = await room.run('./defers.mjs#run');
    await room.reached(id, 'progress', ({ progress }) => progress === 40);
    const told = (isWanted: (run: { status: string; progress: number }) => boolean) =>
      waitFor('the fact', () => room.facts.some(fact => fact.type === 'run-changed' && isWanted(fact.record)));
    await told(({ status, progress }) => status === 'running' && progress === 40);
    writeFileSync(join(folder, 'go'), '');
    const run = await room.ended(id);
    assert.deepEqual([run.status, run.progress], ['completed', 100]);
    await told(({ status, progress }) => status === 'completed' && progress === 100);
    assert.equal(run.log, '100 0 null ./defers.mjs#run\n');
    assert.equal((await room.ended(await room.run('./late.mjs#run'))).log, 'illegal-state\n');
  });

  test('a run whose socket is gone is completed without a start; one whose socket cannot be lent fails', async t => {
    const answers: ('obsolete' | Error)[] = ['obsolete', new LonghaulError('vault-lost', 'the vault is dead')];
    const room = await openRoom(t, { folder: makeApp(t, { 'quick.mjs': quick }), lend: () => answers.shift() });
    const gone = await room.ended(await room.run('./quick.mjs#run'));
    assert.deepEqual([gone.status, gone.log], ['completed', '']);
    const lost = await room.ended(await room.run('./quick.mjs#run'));
    assert.deepEqual([lost.status, lost.error], ['failed', { code: 'vault-lost', message: 'the vault is dead' }]);
    assert.deepEqual([...room.over.values()], ['completed', 'failed']);
  });

  test('runs that wait, registrations and runs that are kept have limits for each app', async t => {
    const folder = makeApp(t, { 'waits.mjs': waits, 'quick.mjs': quick });
    const limits = { maxParallelRuns: 1, maxQueuedRuns: 3, maxRunsKept: 2, maxTasks: 2 };
    const room = await openRoom(t, { folder, limits });
    const ids = [await room.run('./waits.mjs#run')];
    await room.reached(ids[0]!, 'its start', ({ status }) => status === 'running');
    for (let count = 0; count < 3; count++) ids.push(await room.run('./waits.mjs#run'));
    await assert.rejects(room.run('./waits.mjs#run'), code('quota-exceeded'));
    await room.tasks.register(appId, register);
    await assert.rejects(room.tasks.register(appId, register), code('quota-exceeded'));
    writeFileSync(join(folder, 'go'), '');
    await waitFor('the end of all', () => room.over.size === 4);
    assert.deepEqual(
      room.tasks.listRuns(owner, null).map(({ id }) => id),
      ids.slice(2).reverse(),
      'the newest are kept, newest first',
    );
    const { taskId } = room.tasks.list(owner)[0]!;
    assert.equal(room.tasks.list(owner)[0]?.completedRuns, 4);
    assert.equal(room.tasks.listRuns(owner, taskId).length, 2);
  });

  test('with an app go its registrations, its runs and its host (reason uninstall)', async t => {
    const folder = makeApp(t, { 'waits.mjs': waits });
    const room = await openRoom(t, { folder, limits: { maxParallelRuns: 1 } });
    const ids = [await room.run('./waits.mjs#run'), await room.run('./waits.mjs#run')];
    const { pid } = await room.reached(ids[0]!, 'its start', ({ log }) => log === 'begins\n');
    await room.tasks.removeApp(appId);
    assert.equal(isAlive(pid!), false);
    assert.deepEqual([room.tasks.list(owner), room.tasks.listRuns(owner, null)], [[], []]);
    assert.deepEqual(
      [...room.over],
      [
        [ids[1], 'canceled'],
        [ids[0], 'canceled'],
      ],
    );
    assert.ok(room.told.includes('host ended'));
  });

  test('a run that has a place in a warm host and cannot be given to it has failed, and its place is free', async t => {
    const folder = makeApp(t, { 'quick.mjs': `export function run() {}` });
    const room = await openRoom(t, { folder, limits: { maxParallelRunsOfTask: 1 } });
    await room.ended(await room.run('./quick.mjs#run'));
    const { taskId } = room.tasks.list(owner)[0]!;
    const place = await waitFor('a warm place', () => room.tasks.warmPlace(appId, taskId));
    const run = place.start('socket-activity', 'one');
    assert.equal(room.tasks.warmPlace(appId, taskId), undefined);
    run.fail(new RangeError('a message that is too long'));
    const failed = { status: 'failed', attempt: 1, error: 'a message that is too long' };
    assert.deepEqual(statusOf(await room.ended(run.id)), failed);
    assert.equal(room.over.get(run.id), 'failed');
    assert.ok(room.tasks.warmPlace(appId, taskId));
  });

  test('an agent that ends has no place for a run that comes now, and says so without an error', async t => {
    const folder = makeApp(t, { 'quick.mjs': `export function run() {}` });
    const room = await openRoom(t, { folder });
    await room.ended(await room.run('./quick.mjs#run'));
    const { taskId } = room.tasks.list(owner)[0]!;
    await waitFor('a warm place', () => room.tasks.warmPlace(appId, taskId));
    const ends = room.close();
    assert.equal(room.tasks.warmPlace(appId, taskId), undefined);
    await ends;
    assert.equal(room.tasks.warmPlace(appId, taskId), undefined);
  });

  test('an agent that ends tells its runs so; they go on under the next, with the same ids (reason terminating)', async t => {
    const folder = makeApp(t, {
      'told.mjs': `
        import { existsSync, writeFileSync } from 'node:fs';
        const at = new URL('./told', import.meta.url);
        export async function run(task) {
          console.log('begins');
          if (task.attempt > 1) return;
          task.onCanceled(reason => writeFileSync(at, reason));
          await new Promise((resolve, reject) => task.signal.addEventListener('abort', () => resolve()));
        }`,
      'deaf.mjs': `export async function run(task) { console.log('begins'); if (task.attempt === 1) await new Promise(() => setInterval(() => {}, 1e6)); }`,
    });
    const first = await openRoom(t, { folder, limits: { graceMs: 300 } });
    const ids = [await first.run('./told.mjs#run'), await first.run('./deaf.mjs#run')];
    const runs = await Promise.all(ids.map(id => first.reached(id, 'its start', ({ log }) => log === 'begins\n')));
    await first.close();
    assert.equal(isAlive(runs[0]!.pid!), false);
    assert.deepEqual([...first.over], []);
    const second = await openRoom(t, { folder, isBegun: false });
    const waiting = ids.map(id => second.tasks.getRun(owner, id));
    assert.deepEqual(
      waiting.map(run => [run.status, run.attempt, run.error?.message]),
      Array(2).fill(['queued', 2, 'the agent ended before it was over']),
    );
    second.tasks.begin();
    const ended = await Promise.all(ids.map(id => second.ended(id)));
    assert.deepEqual(
      ended.map(run => [run.status, run.attempt, run.log]),
      Array(2).fill(['completed', 2, 'begins\n[longhaul] started again: the agent ended before it was over\nbegins\n']),
    );
  });
});
