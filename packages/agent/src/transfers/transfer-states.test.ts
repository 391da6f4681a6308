import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTerminal, transferStatuses } from '@longhaul/agent-protocol';
import {
  type EventName,
  isFinished,
  publicStatus,
  type StateName,
  step,
  type TransferEvent,
  type TransferState,
  transitions,
} from './transfer-states.ts';

const error = { code: 'web-error', message: 'no', webErrorStatus: null } as const;
const states: { readonly [S in StateName]: Extract<TransferState, { name: S }> } = {
  created: { name: 'created' },
  queued: { name: 'queued' },
  running: { name: 'running' },
  retrying: { name: 'retrying', error, retryAt: 5 },
  finishing: { name: 'finishing', finalName: 'a' },
  'paused-by-application': { name: 'paused-by-application' },
  'paused-costed-network': { name: 'paused-costed-network' },
  'paused-no-network': { name: 'paused-no-network', error: null },
  'paused-system-policy': { name: 'paused-system-policy', error },
  'paused-recoverable-web-error': { name: 'paused-recoverable-web-error', error },
  completed: { name: 'completed', finishedAt: 9 },
  canceled: { name: 'canceled', finishedAt: 9 },
  error: { name: 'error', error, finishedAt: 9 },
};
const events: { readonly [E in EventName]: Extract<TransferEvent, { name: E }> } = {
  start: { name: 'start' },
  pause: { name: 'pause' },
  resume: { name: 'resume' },
  'try-again': { name: 'try-again' },
  cancel: { name: 'cancel', at: 7 },
  grant: { name: 'grant' },
  'lose-network': { name: 'lose-network', error: null },
  'find-network': { name: 'find-network' },
  'deny-cost': { name: 'deny-cost' },
  'allow-cost': { name: 'allow-cost' },
  hold: { name: 'hold', error },
  release: { name: 'release' },
  'fail-attempt': { name: 'fail-attempt', error, retryAt: 8 },
  retry: { name: 'retry' },
  'fail-recoverably': { name: 'fail-recoverably', error },
  fail: { name: 'fail', error, at: 7 },
  'receive-all': { name: 'receive-all', finalName: 'b' },
  'choose-name': { name: 'choose-name', finalName: 'c' },
  'start-over': { name: 'start-over' },
  finish: { name: 'finish', at: 7 },
  'stop-agent': { name: 'stop-agent' },
};

describe('every cell', () => {
  for (const state of Object.values(states)) {
    for (const event of Object.values(events)) {
      const next = transitions[state.name][event.name];
      if (next === undefined) {
        test(`${state.name} + ${event.name}: illegal-state`, () => {
          assert.throws(() => step(state, event), { code: 'illegal-state' });
        });
      } else {
        test(`${state.name} + ${event.name}: ${next}, with exactly its own data`, () => {
          const reached = step(state, event);
          assert.equal(reached.name, next);
          assert.deepEqual(Object.keys(reached).sort(), Object.keys(states[next]).sort());
        });
      }
    }
  }
});

test('every arrow of section 3.5 is in the table', () => {
  const reaches = (from: StateName, to: StateName) => Object.values(transitions[from]).includes(to);
  const pauses = ['paused-costed-network', 'paused-no-network', 'paused-system-policy'] as const;
  for (const pause of pauses) {
    assert.ok(reaches('queued', pause) && reaches('running', pause), `to ${pause}`);
    assert.ok(reaches(pause, 'queued'), `${pause} ends by itself`);
    assert.ok(reaches(pause, 'canceled'));
  }
  assert.ok(
    reaches('paused-costed-network', 'paused-no-network') && reaches('paused-no-network', 'paused-costed-network'),
  );
  assert.ok(reaches('running', 'paused-recoverable-web-error') && reaches('paused-recoverable-web-error', 'queued'));
  assert.ok(reaches('running', 'retrying') && reaches('retrying', 'queued'));
  for (const from of ['created', 'running', 'paused-by-application'] as const) assert.ok(reaches(from, 'canceled'));
});

test('terminal states lead nowhere but to another try of what failed or was canceled, and are those that the protocol calls terminal', () => {
  for (const state of Object.values(states)) {
    assert.equal(isFinished(state), isTerminal(publicStatus[state.name]), state.name);
    if (!isFinished(state)) continue;
    assert.deepEqual(transitions[state.name], state.name === 'completed' ? {} : { 'try-again': 'queued' });
  }
});

test('every public status stands for some state', () => {
  assert.deepEqual([...new Set(Object.values(publicStatus))].sort(), [...transferStatuses].sort());
});
