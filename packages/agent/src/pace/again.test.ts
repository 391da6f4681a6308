import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Again, againMs } from './again.ts';

const passing = new Error('full');
const open = (told: unknown[]) =>
  new Again({ isPassing: error => error === passing, failed: error => void told.push(error) });

test('what fails for a reason that passes is tried each second until it succeeds, and is told once a second', t => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout'] });
  const told: unknown[] = [];
  using again = open(told);
  const tries: string[] = [];
  let isFull = true;
  for (const key of ['a', 'b']) {
    again.do(key, () => {
      tries.push(key);
      if (isFull) throw passing;
    });
  }
  assert.deepEqual([tries.length, told.length, again.has('a')], [2, 1, true]);
  mock.timers.tick(againMs);
  mock.timers.tick(againMs);
  assert.deepEqual([tries.length, told.length], [6, 3]);
  isFull = false;
  mock.timers.tick(againMs);
  assert.deepEqual([tries.length, again.has('a')], [8, false]);
  mock.timers.tick(10 * againMs);
  assert.equal(tries.length, 8);
});

test('of one key the last counts, and a broken promise is tried again as well', async t => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout'] });
  using again = open([]);
  const tries: string[] = [];
  again.do('a', () => {
    tries.push('first');
    throw passing;
  });
  again.do('a', async () => {
    tries.push('second');
    if (tries.length < 3) throw passing;
  });
  await Promise.resolve();
  await Promise.resolve();
  mock.timers.tick(againMs);
  assert.deepEqual(tries, ['first', 'second', 'second']);
});

test('what fails for another reason is thrown, or told where nobody is there to catch it', async () => {
  const told: unknown[] = [];
  using again = open(told);
  const other = new Error('illegal-state');
  const act = () => {
    throw other;
  };
  assert.throws(() => again.do('a', act), other);
  again.do('b', () => Promise.reject(other));
  await Promise.resolve();
  assert.deepEqual([told, again.has('a'), again.has('b')], [[other], false, false]);
});

test('one that fails for another reason when it is tried again is told, and ends neither the process nor the turn of the rest', t => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout'] });
  const told: unknown[] = [];
  using again = open(told);
  const other = new Error('illegal-state');
  const tries: string[] = [];
  for (const key of ['a', 'b', 'c']) {
    again.do(key, () => {
      tries.push(key);
      if (tries.length <= 3) throw passing;
      if (key !== 'c') throw other;
    });
  }
  mock.timers.tick(againMs);
  mock.timers.tick(againMs);
  assert.deepEqual([tries.join(' '), told], ['a b c a b c', [passing, other, other]]);
});
