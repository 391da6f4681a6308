import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupOf } from './transfer-groups.ts';

test('what goes on by itself waits, what needs somebody is paused (section 3.5)', () => {
  assert.equal(groupOf('paused-no-network'), 'waiting');
  assert.equal(groupOf('paused-costed-network'), 'waiting');
  assert.equal(groupOf('paused-system-policy'), 'waiting');
  assert.equal(groupOf('paused-recoverable-web-error'), 'paused');
});
