import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fragmentOf, openIdIn } from './route.ts';

const id = '0f6b2a44-9d0e-4f6c-8a61-2f1f0a5b9c3d';

test('the address names the open transfer, and only a transfer', () => {
  assert.equal(openIdIn(fragmentOf(id)), id);
  assert.equal(openIdIn(`#/transfer/${id.toUpperCase()}`), id);
  for (const other of ['', '#', '#code=abc', `#/transfer/${id}/x`, `#/transfer/${id.slice(1)}`, `#/elsewhere/${id}`]) {
    assert.equal(openIdIn(other), null, other);
  }
});

test('the plain list leaves the address bare', () => {
  assert.equal(fragmentOf(null), '');
});
