// A store on a full disk: no run is lost over it, none is started unrecorded, and the agent lives on. What could not be
// recorded is, when there is room again.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { isAlive } from '../../src/platform/process-facts.ts';
import { Disk, whyNoDisk } from '../transfers/disk.ts';
import { makeApp, openRoom, owner, type Room, type RoomOptions } from './room.ts';

after(leakCheck());

/** Ends, or dies, when the test says so. */
const waits = `
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
const isHere = name => existsSync(new URL(name, import.meta.url));
export async function run() {
  while (!isHere('./go')) {
    if (isHere('./die')) process.kill(process.pid, 'SIGKILL');
    await delay(5);
  }
}`;

async function open(t: TestContext, limits: RoomOptions['limits'] = {}) {
  const folder = makeApp(t, { 'waits.mjs': waits, 'quick.mjs': 'export function run() {}' });
  const place = mkdtempSync(join(tmpdir(), 'longhaul-full-'));
  const disk = new Disk(join(place, 'disk'), 'size=4m');
  const room = await openRoom(t, { folder, state: join(disk.folder, 'state'), limits });
  t.after(() => {
    disk[Symbol.dispose]();
    rmSync(place, { recursive: true });
  });
  const status = (id: string) => room.tasks.getRun(owner, id).status;
  return { folder, disk, room, status };
}

/** It is tried each second. */
const triedAgain = (room: Room, what: RegExp) => {
  const before = room.errors.length;
  const tries = () => room.errors.slice(before).filter(message => what.test(message)).length;
  return waitFor('it to be tried again', () => tries() >= 2, { timeoutMs: 10_000 });
};
const recording = /what became of runs could not be recorded/;
const starting = /no run can be started/;

describe('on a full disk', { skip: whyNoDisk }, () => {
  test('a run that ends is recorded, and one that waits is started, when there is room; a new one is refused', async t => {
    const { folder, disk, room, status } = await open(t, { maxParallelRuns: 1 });
    const first = await room.run('./waits.mjs#run');
    const second = await room.run('./quick.mjs#run');
    await room.reached(first, 'running', run => run.status === 'running');
    disk.fill();
    writeFileSync(join(folder, 'go'), '');
    await assert.rejects(room.run('./quick.mjs#run'), { code: 'disk-full' });
    await triedAgain(room, recording);
    assert.deepEqual([status(first), status(second), room.over.size], ['running', 'queued', 0]);
    disk.clear();
    const [one, two] = [await room.ended(first), await room.ended(second)];
    assert.deepEqual([one.status, one.attempt, two.status, two.attempt], ['completed', 1, 'completed', 1]);
    assert.equal(room.told.filter(what => what.startsWith('completed')).length, 2, 'each is told once');
    assert.equal((await room.ended(await room.run('./quick.mjs#run'))).status, 'completed');
  });

  test('a run that waits for a host is not failed: it is started when there is room', async t => {
    const { disk, room, status } = await open(t, { maxHosts: 1 });
    const held = await room.run('./waits.mjs#run', { app: 'com.example.other' });
    await room.reached(held, 'running', run => run.status === 'running');
    const waiting = await room.run('./quick.mjs#run');
    const hostOf = room.tasks.getRun(owner, held).pid!;
    disk.fill();
    process.kill(hostOf, 'SIGKILL');
    await triedAgain(room, recording);
    await triedAgain(room, starting);
    assert.equal(status(waiting), 'queued');
    disk.clear();
    assert.equal((await room.ended(waiting)).status, 'completed');
    await room.reached(held, 'its second attempt', ({ attempt, status }) => attempt === 2 && status === 'running');
  });

  test('a run whose time is over is told to end when there is room, and an agent that ends meanwhile ends', async t => {
    const { disk, room, status } = await open(t, { maxRunMs: 300, graceMs: 300 });
    const late = await room.run('./waits.mjs#run');
    await room.reached(late, 'running', run => run.status === 'running');
    const { pid } = room.tasks.getRun(owner, late);
    disk.fill();
    await room.reached(late, 'the end of its time', ({ startedAt }) => Date.now() > startedAt! + 2_000);
    assert.deepEqual([status(late), isAlive(pid!)], ['running', true]);
    disk.clear();
    const ended = await room.ended(late);
    assert.deepEqual([ended.status, ended.cancellationReason], ['failed', 'execution-time-exceeded']);
    const last = await room.run('./waits.mjs#run');
    await room.reached(last, 'running', run => run.status === 'running');
    const host = room.tasks.getRun(owner, last).pid!;
    disk.fill();
    await room.close();
    assert.equal(isAlive(host), false);
  });
});
