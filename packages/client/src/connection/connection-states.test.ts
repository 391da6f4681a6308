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
  assert.deepEqual(run('needed', 'opened'), { name: 'open' });
  assert.deepEqual(run('needed', 'opened', 'unneeded'), { name: 'idle' });
});

test('a lost link is dialled again at once, a failed dial only after a delay that knows the failures', () => {
  assert.deepEqual(run('needed', 'opened', 'lost'), search('dialling', 0, true));
  assert.deepEqual(run('needed', 'dial-failed', 'delay-over', 'dial-failed'), search('waiting', 2, false));
  assert.deepEqual(run('needed', 'dial-failed', 'delay-over', 'opened', 'lost'), search('dialling', 0, true));
});

test('those who lost the agent do not start it again, a new call does', () => {
  assert.deepEqual(run('needed', 'opened', 'lost', 'dial-failed', 'delay-over'), search('dialling', 1, true));
  assert.deepEqual(run('needed', 'opened', 'lost', 'dial-failed', 'needed'), search('dialling', 1, false));
  assert.deepEqual(run('needed', 'opened', 'lost', 'needed', 'dial-failed'), search('waiting', 1, false));
  assert.deepEqual(run('needed', 'dial-failed', 'needed'), search('waiting', 1, false));
});

test('a refused dial is not repeated', () => {
  assert.deepEqual(run('needed', 'dial-refused'), { name: 'idle' });
});

test('every state can be disposed, nothing but silence follows, and a missing cell throws', () => {
  for (const name of Object.keys(connectionTable) as ConnectionState['name'][]) {
    const state = name === 'dialling' || name === 'waiting' ? search(name, 0, false) : { name };
    assert.deepEqual(step(state, 'disposed'), { name: 'disposed' });
  }
  assert.throws(() => run('disposed', 'needed'), /cannot happen while disposed/);
});
