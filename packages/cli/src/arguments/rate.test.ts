import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LonghaulError } from '@longhaul/agent-protocol';
import { parseRate } from './rate.ts';

test('rates are bytes a second, with K, M and G as powers of 1024, as in curl', () => {
  assert.equal(parseRate('65536'), 65_536);
  assert.equal(parseRate('500K'), 512_000);
  assert.equal(parseRate('1.5m'), 1_572_864);
  assert.equal(parseRate('1G'), 1_073_741_824);
});

test('what is no rate, or less than 1 KiB a second, is refused', () => {
  for (const text of ['', '0', '1023', '-1K', '2T', 'fast', 'none', 'NaN', '9999999999G']) {
    assert.throws(
      () => parseRate(text),
      (error: LonghaulError) => error.code === 'invalid-argument',
      text,
    );
  }
});
