import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LonghaulError } from '@longhaul/agent-protocol';
import { parseDurationMs } from './duration.ts';

test('seconds without a unit, else seconds, minutes, hours', () => {
  assert.equal(parseDurationMs('90'), 90_000);
  assert.equal(parseDurationMs('0.5'), 500);
  assert.equal(parseDurationMs('5m'), 300_000);
  assert.equal(parseDurationMs('2h'), 7_200_000);
});

test('what is not a time above zero is refused', () => {
  for (const text of ['', '0', '-1', 'soon', '5d', '1e9', '9999h', 'NaN']) {
    assert.throws(
      () => parseDurationMs(text),
      (error: LonghaulError) => error.code === 'invalid-argument',
      text,
    );
  }
});
