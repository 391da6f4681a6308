import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConnectionEvent, type ConnectionState, connectionTable, step } from './connection-states.ts';

const run = (...events: ConnectionEvent[]) => events.reduce<ConnectionState>(step, { name: 'idle' });

const search = (name: 'dialling' | 'waiting', failures: number, isAfterLoss: boolean) => ({
  name,
  failures,
  isAfterLoss,
});

test('a link is dialled as soon as somebody needs it, and dropped when nobody does', () => {
  assert.deepEqual(run('needed'), search('dialling', 0, false));
  assert.deepEqual(run('needed', 'opened'), { name: 'open', failures: 0 });
  assert.deepEqual(run('needed', 'opened', 'unneeded'), { name: 'idle' });
});

test('a lost link is dialled again at once, a failed dial only after a delay that knows the failures', () => {
  assert.deepEqual(run('needed', 'opened', 'lost'), search('dialling', 1, true));
  assert.deepEqual(run('needed', 'dial-failed', 'delay-over', 'dial-failed'), search('waiting', 2, false));
  assert.deepEqual(
    run('needed', 'dial-failed', 'delay-over', 'opened', 'answered', 'lost'),
    search('dialling', 1, true),
  );
});

test('links that break again and again before they say anything are not dialled in a hot loop', () => {
  const flapping: ConnectionEvent[] = ['needed', 'opened', 'lost', 'opened', 'lost'];
  assert.deepEqual(run(...flapping), search('waiting', 2, true));
  assert.deepEqual(run(...flapping, 'delay-over', 'opened', 'lost'), search('waiting', 3, true));
  assert.deepEqual(run(...flapping, 'delay-over', 'opened', 'answered', 'lost'), search('dialling', 1, true));
});

test('those who lost the agent do not start it again, a new call does', () => {
  assert.deepEqual(run('needed', 'opened', 'lost', 'dial-failed', 'delay-over'), search('dialling', 2, true));
  assert.deepEqual(run('needed', 'opened', 'lost', 'dial-failed', 'needed'), search('dialling', 2, false));
  assert.deepEqual(run('needed', 'opened', 'lost', 'needed', 'dial-failed'), search('waiting', 2, false));
  assert.deepEqual(run('needed', 'dial-failed', 'needed'), search('waiting', 1, false));
});

test('a refused dial is not repeated', () => {
  assert.deepEqual(run('needed', 'dial-refused'), { name: 'idle' });
});

test('every state can be disposed, nothing but silence follows, and a missing cell throws', () => {
  const states: ConnectionState[] = [
    { name: 'idle' },
    search('dialling', 0, false),
    { name: 'open', failures: 0 },
    search('waiting', 1, true),
    { name: 'disposed' },
  ];
  assert.deepEqual(states.map(state => state.name).sort(), Object.keys(connectionTable).sort());
  for (const state of states) assert.deepEqual(step(state, 'disposed'), { name: 'disposed' });
  assert.throws(() => run('disposed', 'needed'), /cannot happen while disposed/);
});
