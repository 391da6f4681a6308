import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMaxActive } from './max-active.ts';

test('one to 256 may run at the same time', () => {
  assert.deepEqual(['1', '16', '256'].map(parseMaxActive), [1, 16, 256]);
  for (const text of ['0', '257', '1.5', '-1', '2e1', '0x10', '', ' 4', 'all']) {
    assert.throws(() => parseMaxActive(text), { code: 'invalid-argument' }, text);
  }
});
