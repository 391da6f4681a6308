import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInScope } from './scope.ts';

test('an app sees its own, owner and browser see everything', () => {
  assert.equal(isInScope({ role: 'app', app: 'a' }, 'a'), true);
  assert.equal(isInScope({ role: 'app', app: 'a' }, 'ab'), false);
  assert.equal(isInScope({ role: 'owner' }, 'a'), true);
  assert.equal(isInScope({ role: 'browser' }, 'a'), true);
});
