// Tasks that do what they should not, in real processes: each harms itself only, and its record says in words what it did.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAlive } from '../../src/platform/process-facts.ts';
import { makeApp, openRoom, statusOf } from './room.ts';

const limits = { maxRunMs: 1_200, graceMs: 400 };
/** Ends well after the others have gone wrong. */
const steady = `
import { setTimeout as delay } from 'node:timers/promises';
export async function run(task) { console.log('steady begins'); await delay(300); console.log('steady ends'); }
`;

describe('a task', { concurrency: 1 }, () => {
  test('that throws, rejects later or rejects what nobody awaits fails with what it threw; others in its process end well', async t => {
    const folder = makeApp(t, {
      'steady.mjs': steady,
      'throws.mjs': `export function run() { console.error('about to'); throw new TypeError('at once'); }`,
      'rejects.mjs': `export async function run() { await new Promise(r => setTimeout(r, 20)); throw new RangeError('later'); }`,
      'callback.mjs': `export function run() { return new Promise(() => setTimeout(() => { throw new Error('in a timer'); }, 20)); }`,
      'floating.mjs': `export async function run() { void Promise.reject(new Error('unseen')); await new Promise(r => setTimeout(r, 100)); }`,
      'odd.mjs': `export function run() { throw 'a string'; }`,
    });
    const room = await openRoom(t, { folder });
    const good = await room.run('./steady.mjs#run');
    const names = ['throws', 'rejects', 'callback', 'floating', 'odd'];
    const bad = await Promise.all(names.map(name => room.run(`./${name}.mjs#run`)));
    const ended = await Promise.all(bad.map(id => room.ended(id)));
    assert.deepEqual(
      ended.map(run => [run.status, run.attempt, run.error?.code, run.error?.message]),
      [
        ['failed', 1, 'task-failed', 'TypeError: at once'],
        ['failed', 1, 'task-failed', 'RangeError: later'],
        ['failed', 1, 'task-failed', 'Error: in a timer'],
        ['failed', 1, 'task-failed', 'Error: unseen'],
        ['failed', 1, 'task-failed', "it threw 'a string'"],
      ],
    );
    assert.match(ended[0]!.log, /^about to\nTypeError: at once\n {4}at run .*throws\.mjs/);
    const { log, ...run } = await room.ended(good);
    assert.deepEqual(
      [statusOf(run), log],
      [{ status: 'completed', attempt: 1, error: null }, 'steady begins\nsteady ends\n'],
    );
    assert.equal(new Set([run.pid, ...ended.map(({ pid }) => pid)]).size, 1, 'all in one process');
    assert.deepEqual([...room.over.values()].sort(), ['completed', 'failed', 'failed', 'failed', 'failed', 'failed']);
  });

  test('that ends its process fails with that; the others of the process are started again and end well', async t => {
    const folder = makeApp(t, {
      'steady.mjs': steady,
      'exits.mjs': `export async function run() { await new Promise(r => setTimeout(r, 50)); process.exit(3); }`,
    });
    const room = await openRoom(t, { folder });
    const good = await room.run('./steady.mjs#run');
    const bad = await room.run('./exits.mjs#run');
    assert.deepEqual(statusOf(await room.ended(bad)), {
      status: 'failed',
      attempt: 1,
      error: 'Error: it ended its process with process.exit(3)',
    });
    const { status, attempt, log } = await room.ended(good);
    assert.deepEqual([status, attempt], ['completed', 2]);
    assert.match(log, /^steady begins\n\[longhaul\] started again: .*exit code 3\nsteady begins\nsteady ends\n$/);
    assert.deepEqual(
      room.lent.filter(run => run.id === good).map(run => run.attempt),
      [1, 2],
      'its socket is lent again',
    );
  });

  test('whose process dies without a word is tried three times, from the second on alone; others end well', async t => {
    const folder = makeApp(t, {
      'steady.mjs': steady,
      'dies.mjs': `export async function run() { console.log('here'); await new Promise(r => setTimeout(r, 50)); process.kill(process.pid, 'SIGSEGV'); await new Promise(() => {}); }`,
    });
    const room = await openRoom(t, { folder });
    const bad = await room.run('./dies.mjs#run');
    const good = await room.run('./steady.mjs#run');
    const dead = await room.ended(bad);
    assert.deepEqual(statusOf(dead), {
      status: 'failed',
      attempt: 3,
      error: 'its process ended before it was over: SIGSEGV; it was tried 3 times',
    });
    assert.equal(dead.log.match(/^here$/gm)?.length, 3);
    const run = await room.ended(good);
    assert.deepEqual([run.status, run.attempt], ['completed', 2]);
  });

  test('that leaks memory dies of its limit, and its record says so', async t => {
    const folder = makeApp(t, {
      'leaks.mjs': `export async function run() { const all = []; for (;;) { all.push(new Array(10_000).fill(all.length)); if (all.length % 100 === 0) await new Promise(setImmediate); } }`,
    });
    const room = await openRoom(t, { folder, limits: { maxHostHeapMb: 32, maxAttempts: 1 } });
    const run = await room.ended(await room.run('./leaks.mjs#run'));
    assert.equal(run.status, 'failed');
    assert.match(
      run.error?.message ?? '',
      /^its process ended before it was over: SIG\w+: out of memory, it may use 32 MiB/,
    );
    assert.match(run.log, /heap out of memory/);
  });

  test('that leaks what is not in the heap is killed at its limit, and its record says so; others end well (TI-65)', async t => {
    const folder = makeApp(t, {
      'steady.mjs': steady,
      'leaks.mjs': `export async function run() { const all = []; for (;;) { all.push(Buffer.alloc(4_194_304, 1)); await new Promise(setImmediate); } }`,
    });
    const room = await openRoom(t, { folder, limits: { maxHostMemoryMb: 256, memoryLookMs: 20 } });
    const good = await room.run('./steady.mjs#run');
    const run = await room.ended(await room.run('./leaks.mjs#run'));
    assert.deepEqual([run.status, run.attempt, run.error?.code], ['failed', 3, 'task-died']);
    assert.match(
      run.error?.message ?? '',
      /: out of memory, it had \d+ MiB and may have 256 MiB; it was tried 3 times$/,
    );
    assert.equal((await room.ended(good)).status, 'completed');
  });

  test('that waits for ever is canceled after its time; one that heeds this is canceled, one that ignores it fails (TI-61, TI-20)', async t => {
    const folder = makeApp(t, {
      'heeds.mjs': `
        export async function run(task) {
          task.onCanceled(reason => console.log('told:', reason));
          await new Promise((_, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason)));
        }`,
      'deferral.mjs': `export function run(task) { task.getDeferral(); }`,
    });
    const room = await openRoom(t, { folder, limits });
    const heeds = await room.ended(await room.run('./heeds.mjs#run'));
    assert.deepEqual([heeds.status, heeds.cancellationReason], ['canceled', 'execution-time-exceeded']);
    assert.match(heeds.log, /^told: execution-time-exceeded\n/);
    const ignores = await room.ended(await room.run('./deferral.mjs#run'));
    assert.deepEqual(
      [ignores.status, ignores.attempt, ignores.cancellationReason],
      ['failed', 1, 'execution-time-exceeded'],
    );
    assert.equal(
      ignores.error?.message,
      'it took longer than 1.2 s and did not end within 0.4 s of being told to (execution-time-exceeded), so that its process was killed',
    );
    assert.ok(ignores.endedAt! - ignores.startedAt! >= 1_600);
    assert.equal(isAlive(ignores.pid!), false);
  });

  test('that ignores its cancellation takes its process with it; others are started again and end well', async t => {
    const folder = makeApp(t, {
      'late.mjs': `export async function run() { await new Promise(r => setTimeout(r, 1_000)); }`,
      'never.mjs': `export async function run() { setInterval(() => {}, 1_000); await new Promise(() => {}); }`,
    });
    const room = await openRoom(t, { folder, limits });
    const bad = await room.run('./never.mjs#run');
    await room.reached(bad, 'canceling', ({ status }) => status === 'canceling');
    const good = await room.run('./late.mjs#run');
    assert.equal((await room.ended(bad)).status, 'failed');
    const { status, attempt } = await room.ended(good);
    assert.deepEqual([status, attempt], ['completed', 2]);
  });

  test('that never gives its process a moment fails; others of the process are started again and end well', async t => {
    const folder = makeApp(t, {
      'steady.mjs': steady,
      'spins.mjs': `export async function run() { await new Promise(r => setTimeout(r, 50)); for (;;); }`,
    });
    const room = await openRoom(t, { folder, limits });
    const good = await room.run('./steady.mjs#run');
    const bad = await room.run('./spins.mjs#run');
    const spins = await room.ended(bad);
    assert.deepEqual([spins.status, spins.attempt], ['failed', 2]);
    assert.match(spins.error?.message ?? '', /^it kept its process busy and took longer than 1\.2 s/);
    const { status, attempt } = await room.ended(good);
    assert.deepEqual([status, attempt], ['completed', 2]);
  });

  test('that starts other processes leaves none behind, not even one that left its group', async t => {
    const folder = makeApp(t, {
      'forks.mjs': `
        import { spawn } from 'node:child_process';
        export async function run(task) {
          const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
          const stray = spawn('sh', ['-c', 'echo from a child; exec sleep 1000'], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
          console.log(child.pid, stray.pid);
          await new Promise(r => setTimeout(r, 100));
          process.kill(process.pid, 'SIGKILL');
        }`,
    });
    const room = await openRoom(t, { folder, limits: { maxAttempts: 1 } });
    const run = await room.ended(await room.run('./forks.mjs#run'));
    assert.match(run.log, /^from a child$/m, 'what a child prints belongs to the run');
    const pids = /^(\d+) (\d+)$/m.exec(run.log)!.slice(1).map(Number);
    assert.deepEqual(pids.map(isAlive), [false, false]);
    assert.match(run.error?.message ?? '', /SIGKILL/);
  });

  test('that prints without end keeps the beginning and the end of it, 64 KiB in all, and others end well', async t => {
    const folder = makeApp(t, {
      'steady.mjs': steady,
      'prints.mjs': `
        export async function run(task) {
          console.log('first line');
          const line = 'x'.repeat(1_000);
          for (let i = 0; i < 2_000; i++) { console.log(line); if (i % 50 === 0) await new Promise(setImmediate); }
          console.log('last line');
        }`,
    });
    const room = await openRoom(t, { folder, limits: { maxPrintedBytesPerSecond: 4_194_304 } });
    const good = await room.run('./steady.mjs#run');
    const { status, log } = await room.ended(await room.run('./prints.mjs#run'));
    assert.equal(status, 'completed');
    assert.ok(log.startsWith('first line\nxxx') && log.endsWith('xxx\nlast line\n'), log.slice(-200));
    assert.ok(log.length > 60_000 && log.length < 66_000, String(log.length));
    assert.match(log, /\[longhaul\] \d+ bytes are left out here/);
    assert.equal((await room.ended(good)).log, 'steady begins\nsteady ends\n');
  });

  test('that prints more than is taken waits, is ended when its time is over, and its record says how long it waited', async t => {
    const folder = makeApp(t, {
      'floods.mjs': `
        export async function run(task) {
          const line = 'x'.repeat(10_000);
          while (!task.signal.aborted) { console.log(line); await new Promise(setImmediate); }
        }`,
      'quiet.mjs': `export async function run(task) { await new Promise(resolve => { task.signal.onabort = resolve; }); }`,
    });
    const room = await openRoom(t, { folder, limits: { maxRunMs: 2_000, maxPrintedBytesPerSecond: 262_144 } });
    const floods = await room.ended(await room.run('./floods.mjs#run'));
    assert.deepEqual([floods.status, floods.cancellationReason], ['canceled', 'execution-time-exceeded']);
    assert.ok(floods.heldUpMs > 800, String(floods.heldUpMs));
    assert.equal((await room.ended(await room.run('./quiet.mjs#run'))).heldUpMs, 0);
  });

  test('that says what a host never says is stopped and told apart', async t => {
    const folder = makeApp(t, {
      'lies.mjs': `
        import { writeSync } from 'node:fs';
        export async function run() { writeSync(3, '{"type":"nonsense"}'); await new Promise(() => {}); }`,
    });
    const room = await openRoom(t, { folder, limits: { maxAttempts: 1 } });
    const run = await room.ended(await room.run('./lies.mjs#run'));
    assert.match(run.error?.message ?? '', /said what a host never says/);
  });
});
