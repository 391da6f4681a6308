import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BytesPerSecond } from '@longhaul/agent-protocol';
import { leastRate, rateAsTyped, rateFrom, ratePresets } from './rate-limit.ts';

test('a number with a unit is whole bytes a second, with a point or a comma', () => {
  assert.deepEqual(rateFrom('1.5', 'MiB/s'), { type: 'rate', bytesPerSecond: 1_572_864 });
  assert.deepEqual(rateFrom(' 1,5 ', 'MiB/s'), { type: 'rate', bytesPerSecond: 1_572_864 });
  assert.deepEqual(rateFrom('300', 'KiB/s'), { type: 'rate', bytesPerSecond: 307_200 });
});

test('what is no limit is refused in words', () => {
  for (const text of ['', 'fast', '-1', '1e9', '0', '0.5']) assert.equal(rateFrom(text, 'KiB/s').type, 'refused', text);
  assert.equal(rateFrom('9'.repeat(20), 'GiB/s').type, 'refused');
});

test('the agent takes the least limit and every preset', () => {
  const accepts = (value: number) => !('issues' in BytesPerSecond['~standard'].validate(value));
  assert.ok(accepts(leastRate));
  assert.ok(!accepts(leastRate - 1));
  for (const preset of ratePresets) assert.ok(preset === null || accepts(preset));
});

test('a limit is written back in the largest unit that fits', () => {
  assert.deepEqual(rateAsTyped(1_572_864), { text: '1.5', unit: 'MiB/s' });
  assert.deepEqual(rateAsTyped(512 * 1024), { text: '512', unit: 'KiB/s' });
  assert.deepEqual(rateAsTyped(null), { text: '', unit: 'MiB/s' });
});
