import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCrashPoint, step, stepNow, steps } from './steps.ts';

test('every step name is there once', () => {
  assert.equal(new Set(steps).size, steps.length);
});

test('a crash point is a side, a step and perhaps a count', () => {
  assert.deepEqual(parseCrashPoint('before:finish.link'), { side: 'before', name: 'finish.link', nth: 1 });
  assert.deepEqual(parseCrashPoint('after:part.create:3'), { side: 'after', name: 'part.create', nth: 3 });
  assert.equal(parseCrashPoint('after:run.start').name, 'run.start');
});

test('a crash point that names no step is refused, not silently never met', () => {
  for (const text of [
    'finish.link',
    'during:finish.link',
    'after:finish.lnk',
    'after:finish.link:0',
    'after:finish.link:x',
  ]) {
    assert.throws(() => parseCrashPoint(text), RangeError, text);
  }
});

test('a step gives back what its act gives, and throws what it throws', async () => {
  assert.equal(await step('finish.link', () => 7), 7);
  assert.equal(await step('finish.link', async () => 8), 8);
  assert.equal(
    stepNow('run.record', () => 9),
    9,
  );
  assert.equal(
    stepNow('socket.lend.note', () => 9),
    9,
  );
  await assert.rejects(
    step('finish.link', () => {
      throw new Error('no');
    }),
    /no/,
  );
});
