import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LonghaulError } from '@longhaul/agent-protocol';
import { isOver, type RunEvent, type RunState, type RunStateName, runTransitions, step } from './run-states.ts';

const error = { code: 'task-failed', message: 'why' };
const states: Record<RunStateName, RunState> = {
  queued: { name: 'queued', why: null },
  running: { name: 'running', why: error },
  canceling: { name: 'canceling', reason: 'abort' },
  completed: { name: 'completed' },
  failed: { name: 'failed', error, reason: null },
  canceled: { name: 'canceled', reason: 'abort' },
};
const events: RunEvent[] = [
  { name: 'start' },
  { name: 'obsolete' },
  { name: 'complete' },
  { name: 'fail', error },
  { name: 'cancel', reason: 'uninstall' },
  { name: 'end' },
  { name: 'lose-host', error },
];

test('every cell of the table leads where it says, and every other cell is illegal-state', () => {
  for (const state of Object.values(states)) {
    for (const event of events) {
      const next = runTransitions[state.name][event.name];
      if (next !== undefined) assert.equal(step(state, event).name, next);
      else {
        assert.throws(
          () => step(state, event),
          (thrown: unknown) => thrown instanceof LonghaulError && thrown.code === 'illegal-state',
        );
      }
    }
  }
});

test('nothing leads out of the end', () => {
  for (const state of Object.values(states)) {
    assert.equal(isOver(state), Object.keys(runTransitions[state.name]).length === 0, state.name);
  }
});

test('why the attempt before ended is kept until the run is over, the reason of a cancellation for ever', () => {
  const again = step(states.running, { name: 'lose-host', error });
  assert.deepEqual(again, { name: 'queued', why: error });
  assert.deepEqual(step(again, { name: 'start' }), { name: 'running', why: error });
  assert.deepEqual(step(states.queued, { name: 'cancel', reason: 'uninstall' }), {
    name: 'canceled',
    reason: 'uninstall',
  });
  assert.deepEqual(step(states.canceling, { name: 'end' }), { name: 'canceled', reason: 'abort' });
  assert.deepEqual(step(states.canceling, { name: 'fail', error }), { name: 'failed', error, reason: 'abort' });
});
