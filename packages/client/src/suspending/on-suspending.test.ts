import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { type TestContext, test } from 'node:test';
import {
  onSuspending,
  Suspending,
  type SuspendingEvent,
  type SuspendingSignal,
  suspendingSignals,
} from './on-suspending.ts';

/** A process whose signals are ours. */
function room(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000 });
  const emitter = new EventEmitter();
  const killed: string[] = [];
  const warnings: string[] = [];
  const process = Object.assign(emitter, {
    pid: 7,
    kill: (pid: number, signal: string) => void killed.push(`${pid} ${signal}`),
    emitWarning: ({ message }: Error) => void warnings.push(message),
  });
  const suspending = new Suspending(process);
  const signal = (name: SuspendingSignal = 'SIGTERM') => emitter.emit(name, name);
  const turns = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  const listeners = () => suspendingSignals.reduce((sum, name) => sum + emitter.listenerCount(name), 0);
  return {
    suspending,
    emitter,
    killed,
    warnings,
    signal,
    turns,
    listeners,
    tick: (ms: number) => t.mock.timers.tick(ms),
  };
}

test('the signal has its effect when all deferrals of all handlers are complete, not before (SB-28, O-5)', async t => {
  const { suspending, killed, signal, turns } = room(t);
  const events: SuspendingEvent[] = [];
  suspending.add(event => void events.push(event), 5_000);
  const slow = Promise.withResolvers<void>();
  suspending.add(() => slow.promise, 5_000);
  const deferrals: { complete(): void }[] = [];
  suspending.add(event => void deferrals.push(event.getDeferral(), event.getDeferral()), 5_000);
  signal('SIGHUP');
  await turns();
  assert.deepEqual([events[0]?.signal, events[0]?.deadline], ['SIGHUP', 6_000]);
  slow.resolve();
  deferrals[0]!.complete();
  deferrals[0]!.complete();
  await turns();
  assert.deepEqual(killed, [], 'one deferral is not complete');
  deferrals[1]!.complete();
  await turns();
  assert.deepEqual(killed, ['7 SIGHUP']);
});

test('a handler that returns at once and defers nothing holds nothing up', async t => {
  const { suspending, killed, signal, turns } = room(t);
  suspending.add(() => {}, 5_000);
  signal();
  await turns();
  assert.deepEqual(killed, ['7 SIGTERM']);
});

test('at its deadline a handler is waited for no longer; each has its own', async t => {
  const { suspending, killed, signal, turns, tick } = room(t);
  suspending.add(event => void event.getDeferral(), 1_000);
  suspending.add(() => new Promise(() => {}), 3_000);
  signal();
  tick(2_999);
  await turns();
  assert.deepEqual(killed, []);
  tick(1);
  await turns();
  assert.deepEqual(killed, ['7 SIGTERM']);
});

test('one that throws or rejects is told of, and keeps no other from being waited for', async t => {
  const { suspending, killed, warnings, signal, turns } = room(t);
  suspending.add(() => {
    throw new Error('at once');
  }, 5_000);
  suspending.add(() => Promise.reject(new Error('later')), 5_000);
  const held = Promise.withResolvers<void>();
  suspending.add(() => held.promise, 5_000);
  signal();
  await turns();
  assert.deepEqual([killed, warnings.length], [[], 2]);
  assert.match(warnings.join(), /at once.*later/);
  held.resolve();
  await turns();
  assert.deepEqual(killed, ['7 SIGTERM']);
});

test('another signal meanwhile changes nothing; where the app listens itself, the end is left to it', async t => {
  const { suspending, emitter, killed, signal, turns, listeners } = room(t);
  let calls = 0;
  const held = Promise.withResolvers<void>();
  suspending.add(() => {
    calls += 1;
    return held.promise;
  }, 5_000);
  emitter.on('SIGINT', () => {});
  signal('SIGINT');
  signal('SIGTERM');
  held.resolve();
  await turns();
  assert.deepEqual([calls, killed, listeners()], [1, [], 1]);
});

test('a deferral after the last one is complete comes too late', async t => {
  const { suspending, signal, turns } = room(t);
  let event: SuspendingEvent | undefined;
  suspending.add(given => {
    event = given;
  }, 5_000);
  signal();
  await turns();
  assert.throws(() => event!.getDeferral(), { code: 'illegal-state' });
});

test('disposed, a handler is not called; without handlers nobody listens to signals', async t => {
  const { suspending, killed, signal, turns, listeners } = room(t);
  const first = suspending.add(() => assert.fail('disposed'), 5_000);
  const second = suspending.add(() => {}, 5_000);
  assert.equal(listeners(), 3);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  signal();
  await turns();
  assert.deepEqual([killed, listeners()], [['7 SIGTERM'], 0]);
  second[Symbol.dispose]();
  suspending.add(() => {}, 5_000)[Symbol.dispose]();
  assert.equal(listeners(), 0);
});

test('a deadline is a time', () => {
  for (const deadlineMs of [0, -1, Number.NaN, 2 ** 31]) {
    assert.throws(() => onSuspending(() => {}, { deadlineMs }), { code: 'invalid-argument' });
  }
});
