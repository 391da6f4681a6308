import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaults } from '../options.ts';
import { begin, deadlineOf, type KeeperEvent, type KeeperState, type KeeperStep, step } from './keeper-states.ts';

const limits = defaults.keeper;
const killed: KeeperEvent = { type: 'agent-exited', how: 'SIGKILL', isKill: true, hasVaults: false };
const crashed: KeeperEvent = { type: 'agent-exited', how: 'code 1', isKill: false, hasVaults: false };
const unreadable = { code: 'store-unreadable', message: 'no database', isFatal: true } as const;

function run(from: KeeperStep, events: readonly KeeperEvent[], now = 0): KeeperStep {
  return events.reduce((last, event) => step(last.state, event, now, limits), from);
}
const serving = (): KeeperStep => run(begin(0, limits), [{ type: 'agent-ready' }]);

test('the first agent is started at once and serves when it is ready', () => {
  assert.deepEqual(begin(0, limits).effects, ['start-agent']);
  assert.deepEqual(serving().effects, ['serve']);
});

test('a killed agent is replaced in the same step, its connections held', () => {
  const after = run(serving(), [killed]);
  assert.equal(after.state.kind, 'starting');
  assert.deepEqual(after.effects, ['hold', 'start-agent']);
});

test('an agent that keeps crashing is started again more slowly, but for ever', () => {
  let now = 0;
  let state: KeeperState = serving().state;
  const waits: number[] = [];
  for (let i = 0; i < 14; i++) {
    let next = step(state, crashed, now, limits);
    if (next.state.kind === 'resting') {
      waits.push(next.state.until - now);
      now = next.state.until;
      next = step(next.state, { type: 'deadline-passed' }, now, limits);
    } else {
      waits.push(0);
    }
    assert.ok(next.effects.includes('start-agent'));
    state = step(next.state, { type: 'agent-ready' }, now, limits).state;
  }
  assert.deepEqual(waits.slice(0, 9), [0, 0, 0, 100, 200, 400, 800, 1600, 3200]);
  assert.ok(waits.slice(9).every(wait => wait === 5_000));
});

test('crashes are forgotten after the window', () => {
  let state = serving().state;
  for (let i = 0; i < 3; i++) state = run({ state, effects: [] }, [crashed, { type: 'agent-ready' }]).state;
  assert.equal(step(state, crashed, 10, limits).state.kind, 'resting');
  assert.equal(step(state, crashed, limits.crashWindowMs + 1, limits).state.kind, 'starting');
});

test('one that served and is killed again and again while it starts does not end the keeper, not even without vaults', () => {
  let { state } = serving();
  for (let now = 0; now < 60_000; now += 100) {
    const event: KeeperEvent = state.kind === 'resting' ? { type: 'deadline-passed' } : killed;
    ({ state } = step(state, event, state.kind === 'resting' ? state.until : now, limits));
    assert.ok(state.kind === 'starting' || state.kind === 'resting');
  }
  const first = run(begin(0, limits), [
    killed,
    { type: 'deadline-passed' },
    killed,
    { type: 'deadline-passed' },
    killed,
  ]);
  assert.equal(first.state.kind, 'ended', 'where none has ever served it may not be able to');
});

test('being killed from outside many times is not held against the agent', () => {
  let state = serving().state;
  for (let i = 0; i < limits.freeKills; i++) {
    const next = step(state, killed, i, limits);
    assert.equal(next.state.kind, 'starting');
    state = step(next.state, { type: 'agent-ready' }, i, limits).state;
  }
  assert.equal(step(state, killed, 200, limits).state.kind, 'resting');
});

test('an agent that says why it cannot start ends the keeper with that error', () => {
  const after = run(begin(0, limits), [{ type: 'agent-failed', failure: unreadable }, crashed]);
  assert.deepEqual(after.state, { kind: 'ended', failure: unreadable });
  assert.deepEqual(after.effects, ['end']);
});

test('starts that fail without a reason are tried again, then reported', () => {
  let next = run(begin(0, limits), [crashed]);
  assert.equal(next.state.kind, 'resting');
  next = run(next, [{ type: 'deadline-passed' }, crashed, { type: 'deadline-passed' }, crashed]);
  assert.equal(next.state.kind, 'ended');
  assert.match(next.state.kind === 'ended' ? (next.state.failure?.message ?? '') : '', /ended while starting: code 1/);
});

test('with vaults no failure to start ends the keeper: it tries again for ever, at a growing pace that is bounded', () => {
  const full = { code: 'disk-full', message: 'no room', isFatal: true } as const;
  for (const failure of [full, unreadable, undefined]) {
    let now = 0;
    let state: KeeperState = begin(0, limits).state;
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      if (failure !== undefined) state = step(state, { type: 'agent-failed', failure }, now, limits).state;
      const rest = step(state, { ...crashed, hasVaults: true }, now, limits);
      assert.equal(rest.state.kind, 'resting');
      // A crash may have been a whim; after three of them those who come are told.
      const isTold = failure !== undefined || i >= 2;
      assert.deepEqual(rest.effects, [isTold ? 'refuse' : 'hold']);
      const told = rest.state.kind === 'resting' ? rest.state.failure?.code : undefined;
      assert.equal(told, isTold ? (failure?.code ?? 'internal') : undefined);
      waits.push(deadlineOf(rest.state)! - now);
      now = deadlineOf(rest.state)!;
      const next = step(rest.state, { type: 'deadline-passed' }, now, limits);
      assert.deepEqual(next.effects, ['start-agent']);
      state = next.state;
    }
    assert.deepEqual(waits.slice(0, 7), [100, 200, 400, 800, 1600, 3200, 5_000]);
    assert.ok(waits.slice(7).every(wait => wait === limits.maxBackoffMs));
    assert.equal(step(state, { type: 'agent-ready' }, now, limits).state.kind, 'serving');
  }
});

test('when the last vault has ended meanwhile, the next failure to start ends the keeper after all', () => {
  const resting = run(begin(0, limits), [{ ...crashed, hasVaults: true }, { type: 'deadline-passed' }]);
  const failed = run(resting, [{ type: 'agent-failed', failure: unreadable }, crashed]);
  assert.deepEqual(failed.state, { kind: 'ended', failure: unreadable });
});

test('an agent that never reports ready is killed at its deadline and counts as a failed start', () => {
  const first = begin(0, limits);
  assert.equal(deadlineOf(first.state), limits.startDeadlineMs);
  const late = run(first, [{ type: 'deadline-passed' }]);
  assert.deepEqual(late.effects, ['kill-agent']);
  assert.equal(run(late, [killed]).state.kind, 'resting');
});

test('a stop is asked for, then forced, and a death in between is the end, not a restart', () => {
  const asked = run(serving(), [{ type: 'stop-asked' }]);
  assert.deepEqual(asked.effects, ['hold', 'ask-agent-to-stop']);
  assert.equal(deadlineOf(asked.state), limits.stopDeadlineMs);
  assert.deepEqual(run(asked, [{ type: 'deadline-passed' }]).effects, ['kill-agent']);
  assert.deepEqual(run(asked, [killed]), { state: { kind: 'ended', failure: null }, effects: ['end'] });
});

test('a stop while resting ends at once', () => {
  const resting = run(begin(0, limits), [crashed]);
  assert.deepEqual(run(resting, [{ type: 'stop-asked' }]).effects, ['end']);
});

test('a renewal starts a new agent when the old one is gone, and a stop meanwhile wins', () => {
  const renewing = run(serving(), [{ type: 'renew-asked' }]);
  assert.deepEqual(renewing.effects, ['hold', 'ask-agent-to-stop']);
  assert.deepEqual(run(renewing, [crashed]).effects, ['start-agent']);
  assert.equal(run(renewing, [{ type: 'stop-asked' }, crashed]).state.kind, 'ended');
});

test('a keeper that cannot listen stops its agent and ends with the reason', () => {
  const failure = { code: 'internal', message: 'cannot listen', isFatal: true } as const;
  const after = run(serving(), [{ type: 'keeper-failed', failure }, crashed]);
  assert.deepEqual(after.state, { kind: 'ended', failure });
});
