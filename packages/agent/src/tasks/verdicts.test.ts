import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HostEnd, type RunInHost, verdictOf } from './verdicts.ts';

const limits = { maxAttempts: 3, maxRunMs: 30_000, graceMs: 5_000 };
const running = (losses = 0): RunInHost => ({ id: 'a', state: { name: 'running' }, losses });
const canceled = (reason: 'abort' | 'terminating' | 'execution-time-exceeded', losses = 0): RunInHost => ({
  id: 'a',
  state: { name: 'canceling', reason },
  losses,
});
const exited: HostEnd = { kind: 'exited', how: 'SIGSEGV' };
const brief = (run: RunInHost, others: number, end: HostEnd) => {
  const { event, losses } = verdictOf(run, others, end, limits);
  return [event.name, losses];
};

test('whoever was there when a host died for no known reason is tried again, three times in all', () => {
  assert.deepEqual(brief(running(0), 5, exited), ['lose-host', 1]);
  assert.deepEqual(brief(running(1), 0, exited), ['lose-host', 2]);
  assert.deepEqual(brief(running(2), 0, exited), ['fail', 3]);
  assert.deepEqual(brief(running(2), 0, { kind: 'agent-died' }), ['fail', 3]);
  const { event } = verdictOf(running(2), 0, exited, limits);
  assert.equal(
    event.name === 'fail' && event.error.message,
    'its process ended before it was over: SIGSEGV; it was tried 3 times',
  );
});

test('whoever is killed for another, or with an agent that ends, is not to blame', () => {
  assert.deepEqual(brief(running(2), 1, { kind: 'overstayed', run: 'b' }), ['lose-host', 2]);
  assert.deepEqual(brief(running(2), 1, { kind: 'agent-ends' }), ['lose-host', 2]);
  assert.deepEqual(brief(canceled('terminating', 2), 1, { kind: 'agent-ends' }), ['lose-host', 2]);
  assert.deepEqual(brief(canceled('terminating', 2), 1, { kind: 'overstayed', run: 'a' }), ['lose-host', 2]);
});

test('who stays although it has heard fails at once (TI-20)', () => {
  assert.deepEqual(brief(canceled('execution-time-exceeded'), 3, { kind: 'overstayed', run: 'a' }), ['fail', 0]);
  assert.deepEqual(brief(canceled('abort'), 3, { kind: 'overstayed', run: 'a' }), ['fail', 0]);
});

test('when nobody can hear, nobody knows who keeps the process busy: all are tried again alone, and alone there is no doubt', () => {
  const stuck: HostEnd = { kind: 'stuck', run: 'a' };
  assert.deepEqual(brief(canceled('execution-time-exceeded'), 2, stuck), ['lose-host', 1]);
  assert.deepEqual(brief(running(), 2, stuck), ['lose-host', 1]);
  const deaf: HostEnd = { kind: 'deaf' };
  assert.deepEqual(brief(canceled('execution-time-exceeded'), 2, deaf), ['lose-host', 1]);
  assert.deepEqual(brief(running(1), 2, deaf), ['lose-host', 2]);
  assert.deepEqual(brief(canceled('abort'), 2, deaf), ['end', 0]);
  assert.deepEqual(brief(canceled('execution-time-exceeded', 1), 0, stuck), ['fail', 1]);
  assert.deepEqual(brief(canceled('abort'), 2, stuck), ['fail', 0], 'what was to end anyway is not started again');
});

test('one that was told to end, and whose process ended, has ended', () => {
  assert.deepEqual(brief(canceled('abort'), 0, exited), ['end', 0]);
  assert.deepEqual(brief(canceled('execution-time-exceeded'), 0, exited), ['end', 0]);
  assert.deepEqual(brief(canceled('abort'), 1, { kind: 'overstayed', run: 'b' }), ['end', 0]);
  assert.deepEqual(brief(canceled('abort'), 0, { kind: 'agent-died' }), ['end', 0]);
});
