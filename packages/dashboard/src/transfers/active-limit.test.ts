import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeFrom, activePresets } from './active-limit.ts';

test('a whole number from 1 to 256 is taken, anything else refused in words', () => {
  assert.deepEqual(activeFrom(' 12 '), { type: 'count', count: 12 });
  assert.deepEqual(activeFrom('256'), { type: 'count', count: 256 });
  for (const text of ['', '0', '257', '1.5', '-3', 'many']) {
    assert.deepEqual(activeFrom(text), { type: 'refused', words: 'Give a whole number from 1 to 256.' }, text);
  }
});

test('every preset is one that the agent takes', () => {
  for (const preset of activePresets) assert.equal(activeFrom(String(preset)).type, 'count');
});
