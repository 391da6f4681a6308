// Code that changes under warm hosts, and code that cannot be loaded, in real processes.
import assert from 'node:assert/strict';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import { isAlive } from '../../src/platform/process-facts.ts';
import { appId, makeApp, openRoom, type Room } from './room.ts';

const saying = (word: string) => `export function run() { console.log('${word}'); }`;
const waits = `
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { word } from './word.mjs';
export async function run() {
  console.log('begins');
  while (!existsSync(new URL('./go', import.meta.url))) await delay(5);
  console.log(word);
}`;
const outcome = async (room: Room, entryPoint: string) => {
  const { status, log, pid, error } = await room.ended(await room.run(entryPoint));
  return { status, log, pid, message: error?.message };
};

describe('the next run of a task', { concurrency: 1 }, () => {
  test('has the new code when the file of its module is another; one that is missing for a moment is not', async t => {
    const folder = makeApp(t, { 'task.mjs': saying('old') });
    const place = join(folder, 'task.mjs');
    const room = await openRoom(t, { folder });
    const first = await outcome(room, './task.mjs#run');
    renameSync(place, join(folder, 'aside.mjs'));
    assert.deepEqual(await outcome(room, './task.mjs#run'), first);
    renameSync(join(folder, 'aside.mjs'), place);
    writeFileSync(place, saying('new'));
    const next = await outcome(room, './task.mjs#run');
    assert.deepEqual([first.log, next.log], ['old\n', 'new\n']);
    await waitFor('the old host to end', () => !isAlive(first.pid!));
    assert.equal((await outcome(room, './task.mjs#run')).pid, next.pid, 'warm again');
  });

  test('has the old code while the file of its module cannot be looked at, and the agent goes on', async t => {
    const folder = makeApp(t, { 'task.mjs': saying('old') });
    const place = join(folder, 'task.mjs');
    const room = await openRoom(t, { folder });
    const first = await outcome(room, './task.mjs#run');
    rmSync(place);
    symlinkSync('task.mjs', place); // a loop
    assert.deepEqual(await outcome(room, './task.mjs#run'), first);
    rmSync(place);
    writeFileSync(place, saying('new'));
    assert.equal((await outcome(room, './task.mjs#run')).log, 'new\n');
  });

  test('has all the new code when the app is registered anew; one under way ends with the old', async t => {
    const folder = makeApp(t, { 'waits.mjs': waits, 'word.mjs': `export const word = 'old';` });
    const room = await openRoom(t, { folder });
    const underWay = await room.run('./waits.mjs#run');
    await room.reached(underWay, 'its start', ({ log }) => log === 'begins\n');
    writeFileSync(join(folder, 'word.mjs'), `export const word = 'new';`);
    room.tasks.renew(appId);
    const next = await room.run('./waits.mjs#run');
    await room.reached(next, 'its start', ({ log }) => log === 'begins\n');
    writeFileSync(join(folder, 'go'), '');
    const [old, renewed] = [await room.ended(underWay), await room.ended(next)];
    assert.deepEqual([old.log, renewed.log], ['begins\nold\n', 'begins\nnew\n']);
    assert.notEqual(renewed.pid, old.pid);
    await waitFor('the old host to end', () => !isAlive(old.pid!));
    room.tasks.renew(appId);
    await waitFor('a host without a run to end at once', () => !isAlive(renewed.pid!));
  });

  test('has what was mended of a module that could not be loaded; meanwhile the others of the app keep their host', async t => {
    const folder = makeApp(t, {
      'task.mjs': `import './part.mjs'; export function run() { console.log('mended'); }`,
      'part.mjs': `throw new Error('broken');`,
      'other.mjs': saying('other'),
    });
    const room = await openRoom(t, { folder });
    const host = (await outcome(room, './other.mjs#run')).pid;
    for (let count = 0; count < 3; count++) {
      const { status, message, pid } = await outcome(room, './task.mjs#run');
      assert.deepEqual([status, message], ['failed', 'Error: broken']);
      assert.equal(pid === host, count === 0, 'a host tries once');
      assert.equal((await outcome(room, './other.mjs#run')).pid, host);
    }
    writeFileSync(join(folder, 'part.mjs'), '');
    const mended = await outcome(room, './task.mjs#run');
    assert.deepEqual([mended.status, mended.log], ['completed', 'mended\n']);
    assert.equal(
      (await outcome(room, './other.mjs#run')).pid,
      mended.pid,
      'all go on where everything could be loaded',
    );
    await waitFor('the old host to end', () => !isAlive(host!));
  });
});
