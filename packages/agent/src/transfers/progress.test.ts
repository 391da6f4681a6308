import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateMeter } from './progress.ts';

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
