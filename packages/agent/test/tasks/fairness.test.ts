// What a task that goes wrong costs the others of its app, in time: nothing. In real processes.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { RunDetails } from '@longhaul/agent-protocol';
import { waitFor } from '@longhaul/testing';
import { makeApp, openRoom, owner } from './room.ts';

const quick = `export function run(task) { console.log(task.attempt); }`;
/** Until it is told to end. */
const hangs = `
export async function run(task) {
  console.log('hangs');
  await new Promise((_, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason)));
}`;
const dies = `
import { setTimeout as delay } from 'node:timers/promises';
export async function run() { await delay(50); process.kill(process.pid, 'SIGKILL'); }`;
const isSecond = (run: RunDetails) => run.attempt === 2 && run.status === 'running';

describe('others of the app', { concurrency: 1 }, () => {
  test('do not wait for a run that goes alone since its host died', async t => {
    const folder = makeApp(t, { 'quick.mjs': quick, 'hangs.mjs': hangs, 'dies.mjs': dies });
    const room = await openRoom(t, { folder, limits: { maxAttempts: 2 } });
    const hanging = await room.run('./hangs.mjs#run');
    assert.equal((await room.ended(await room.run('./dies.mjs#run'))).error?.code, 'task-died');
    const alone = await room.reached(hanging, 'its second attempt', isSecond);
    const fresh = await room.ended(await room.run('./quick.mjs#run'));
    assert.deepEqual([fresh.status, fresh.attempt], ['completed', 1]);
    assert.equal(room.tasks.getRun(owner, hanging).status, 'running');
    assert.notEqual(fresh.pid, alone.pid);
    room.tasks.cancelRun(owner, hanging);
    await room.ended(hanging);
  });

  test('that were innocently there do not wait for each other either', async t => {
    const folder = makeApp(t, {
      'hangs.mjs': hangs,
      'dies.mjs': dies,
      'steady.mjs': `
        import { setTimeout as delay } from 'node:timers/promises';
        export async function run(task) { if (task.attempt === 1) await delay(60_000, undefined, { signal: task.signal }); }`,
    });
    const room = await openRoom(t, { folder, limits: { maxAttempts: 2 } });
    const hanging = await room.run('./hangs.mjs#run');
    const innocent = await room.run('./steady.mjs#run');
    const guilty = await room.run('./dies.mjs#run');
    const alone = await room.reached(hanging, 'its second attempt', isSecond);
    const suspect = await room.ended(innocent);
    assert.deepEqual([suspect.status, suspect.attempt], ['completed', 2]);
    assert.equal((await room.ended(guilty)).error?.code, 'task-died');
    assert.equal(room.tasks.getRun(owner, hanging).status, 'running');
    assert.notEqual(suspect.pid, alone.pid);
    room.tasks.cancelRun(owner, hanging);
    await room.ended(hanging);
  });

  test('do not wait for one that cannot be loaded in their host, when there may be no other host for it', async t => {
    const folder = makeApp(t, { 'quick.mjs': quick, 'broken.mjs': `throw new Error('broken');` });
    const room = await openRoom(t, { folder, limits: { maxHosts: 1 } });
    assert.equal((await room.ended(await room.run('./broken.mjs#run'))).error?.message, 'Error: broken');
    const waiting = await room.run('./broken.mjs#run');
    const { status } = await room.ended(await room.run('./quick.mjs#run'));
    assert.deepEqual([status, room.tasks.getRun(owner, waiting).status], ['completed', 'queued']);
  });

  test('do not wait for one that keeps their process busy: new ones get another, those beside it go on alone', async t => {
    const folder = makeApp(t, {
      'quick.mjs': quick,
      'hangs.mjs': hangs.replace("console.log('hangs');", "if (task.attempt === 2) return; console.log('hangs');"),
      'spins.mjs': `
        import { writeFileSync } from 'node:fs';
        import { setTimeout as delay } from 'node:timers/promises';
        export async function run() {
          await delay(100);
          writeFileSync(new URL('./spinning', import.meta.url), '');
          for (;;);
        }`,
    });
    const limits = { maxRunMs: 4_000, graceMs: 300, answerMs: 300, maxDeafMs: 1_500 };
    const room = await openRoom(t, { folder, limits });
    const beside = await room.run('./hangs.mjs#run');
    const spinning = await room.run('./spins.mjs#run');
    await waitFor('its loop', () => existsSync(join(folder, 'spinning')));
    const fresh = await room.ended(await room.run('./quick.mjs#run'));
    assert.deepEqual([fresh.status, fresh.attempt], ['completed', 1]);
    const before = room.tasks.getRun(owner, spinning);
    assert.deepEqual([before.status, before.attempt], ['running', 1], 'it is still there, in its own process');
    assert.notEqual(before.pid, fresh.pid);
    const neighbour = await room.ended(beside);
    assert.deepEqual([neighbour.status, neighbour.attempt], ['completed', 2]);
    assert.match(neighbour.log, /started again: its process did not react any more and was killed/);
    const alone = await room.ended(spinning);
    assert.deepEqual([alone.status, alone.attempt, alone.error?.code], ['failed', 2, 'task-stuck']);
  });

  test('have room beside a task whose runs hang in any number', async t => {
    const folder = makeApp(t, { 'quick.mjs': quick, 'hangs.mjs': hangs });
    const room = await openRoom(t, { folder, limits: { maxParallelRuns: 3, maxParallelRunsOfTask: 2 } });
    const hanging: string[] = [];
    for (let count = 0; count < 4; count++) hanging.push(await room.run('./hangs.mjs#run'));
    await room.reached(hanging[1]!, 'its start', ({ log }) => log === 'hangs\n');
    const run = await room.ended(await room.run('./quick.mjs#run'));
    assert.equal(run.status, 'completed');
    const states = hanging.map(id => room.tasks.getRun(owner, id).status);
    assert.deepEqual(states, ['running', 'running', 'queued', 'queued']);
    for (const id of hanging.toReversed()) room.tasks.cancelRun(owner, id);
    await Promise.all(hanging.map(id => room.ended(id)));
  });
});
