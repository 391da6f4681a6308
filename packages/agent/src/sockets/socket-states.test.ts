import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseAfter } from './failure-pause.ts';
import { defaults } from './options.ts';
import { dueAt, isOver, type SocketEvent, type SocketState, step, transitions } from './socket-states.ts';

const holder = { by: 'host', pid: 7, runId: 'r' } as const;
const states: Record<SocketState['name'], SocketState> = {
  parked: { name: 'parked' },
  resting: { name: 'resting', until: 9, why: 'w' },
  deaf: { name: 'deaf', why: 'w' },
  signalled: { name: 'signalled', runId: 'r' },
  lent: { name: 'lent', lease: 3, holder },
  orphaned: { name: 'orphaned', why: 'w' },
  closed: { name: 'closed', why: 'w' },
};
const events: Record<SocketEvent['name'], SocketEvent> = {
  'hand-over': { name: 'hand-over' },
  signal: { name: 'signal', runId: 'r' },
  'lose-task': { name: 'lose-task', why: 'w' },
  lend: { name: 'lend', lease: 3, holder },
  'await-run': { name: 'await-run', runId: 'r' },
  'hand-back': { name: 'hand-back' },
  'put-back': { name: 'put-back' },
  rest: { name: 'rest', until: 9, why: 'w' },
  fail: { name: 'fail', until: 9, why: 'w' },
  rested: { name: 'rested' },
  forsake: { name: 'forsake', why: 'w' },
  end: { name: 'end', why: 'w', isUntold: false },
  told: { name: 'told' },
};

test("every cell leads to the state it names with that state's data, and every other is illegal", () => {
  for (const [name, state] of Object.entries(states)) {
    for (const event of Object.values(events)) {
      const next = transitions[state.name][event.name];
      if (next === undefined)
        assert.throws(() => step(state, event), { code: 'illegal-state' }, `${name} ${event.name}`);
      else assert.deepEqual(step(state, event), states[next], `${name} ${event.name}`);
    }
  }
});

test('the way of section 1.4: parked, signalled, lent, parked; without being handed back it is an orphan (SB-35)', () => {
  const signalled = step(states.parked, events.signal);
  const lent = step(signalled, events.lend);
  assert.deepEqual(step(lent, events['hand-back']), { name: 'parked' });
  const orphan = step(lent, events.forsake);
  assert.deepEqual([orphan.name, isOver(orphan)], ['orphaned', true]);
});

test('a closed one is handed over anew under its id (SB-43); one that lives is not', () => {
  assert.deepEqual(step(states.closed, events['hand-over']), { name: 'parked' });
  assert.throws(() => step(states.lent, events['hand-over']), { code: 'illegal-state' });
});

test('a closed one of which nobody could be told is remembered as such until somebody is', () => {
  const untold = step(states.lent, { name: 'end', why: 'w', isUntold: true });
  assert.deepEqual(untold, { name: 'closed', why: 'w', isUntold: true });
  assert.equal(isOver(untold), true);
  assert.deepEqual(step(untold, events.told), states.closed);
  assert.deepEqual(step(untold, events['hand-over']), { name: 'parked' });
});

test('the keep-alive timer runs while it is parked, a pause while it rests, and nothing otherwise (SB-42)', () => {
  const due = Object.values(states).map(state => [state.name, dueAt(state, 500)]);
  assert.deepEqual(Object.fromEntries(due), {
    parked: 500,
    resting: 9,
    deaf: null,
    signalled: null,
    lent: null,
    orphaned: null,
    closed: null,
  });
  assert.equal(dueAt(states.parked, null), null);
});

test('the pause after a failure doubles up to its limit, and after ten in a row there is none', () => {
  const pauses = Array.from({ length: 10 }, (_, index) => pauseAfter(index + 1, defaults));
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, undefined]);
  assert.equal(pauseAfter(9, { ...defaults, maxPauseMs: 60_000 }), 60_000);
});
