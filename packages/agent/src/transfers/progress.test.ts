import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FactPace, RateMeter } from './progress.ts';

test('a steady flow has its own rate from the first sample on', () => {
  const meter = new RateMeter(0);
  for (let now = 100; now <= 3_000; now += 100) {
    meter.add(1_000);
    assert.equal(Math.round(meter.sample(now)), 10_000);
  }
});

test('after a change, half of the difference is made up in one half-life', () => {
  const meter = new RateMeter(0, 1_000);
  meter.add(10_000);
  assert.equal(meter.sample(1_000), 10_000);
  assert.equal(meter.sample(2_000), 5_000);
  assert.equal(meter.sample(3_000), 2_500);
});

test('samples too close to each other are joined', () => {
  const meter = new RateMeter(0);
  meter.add(500);
  assert.equal(meter.sample(10), 0);
  meter.add(500);
  assert.equal(meter.sample(100), 10_000);
});

test('at most one fact of a key in an interval, and the last is never left out, on a virtual clock', () => {
  const pace = new FactPace(100);
  const sent: number[] = [];
  for (let now = 0; now <= 1_000; now += 7) {
    if (pace.take(now).length > 0) sent.push(now);
    if (now < 500 && pace.offer('a', now)) sent.push(now);
  }
  for (const [index, at] of sent.slice(1).entries()) assert.ok(at - sent[index]! >= 100, `${sent}`);
  assert.ok(sent.at(-1)! >= 497, 'the last one came through');
  assert.equal(pace.nextAt, undefined);
});

test('keys do not hold each other back, and a forgotten one owes nothing', () => {
  const pace = new FactPace(100);
  assert.deepEqual(
    [pace.offer('a', 0), pace.offer('b', 0), pace.offer('a', 1), pace.offer('b', 2)],
    [true, true, false, false],
  );
  assert.equal(pace.nextAt, 100);
  pace.forget('a');
  assert.deepEqual(pace.take(100), ['b']);
});

test('what is still due at the end comes with the last take', () => {
  const pace = new FactPace(100);
  pace.offer('a', 0);
  pace.offer('a', 1);
  assert.deepEqual(pace.take(Number.POSITIVE_INFINITY), ['a']);
});
