import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LonghaulError } from '@longhaul/agent-protocol';
import { resolveTransferId } from './transfer-id.ts';

const ids = [
  'aaaa1111-0000-4000-8000-000000000001',
  'aaaa2222-0000-4000-8000-000000000002',
  'bbbb0000-0000-4000-8000-000000000003',
];

test('the whole id, in any case, or a beginning that only one has', () => {
  assert.equal(resolveTransferId(ids[0]!, ids), ids[0]);
  assert.equal(resolveTransferId(ids[0]!.toUpperCase(), ids), ids[0]);
  assert.equal(resolveTransferId('aaaa2', ids), ids[1]);
  assert.equal(resolveTransferId('BBBB', ids), ids[2]);
});

test('a beginning that several have is refused and names them', () => {
  assert.throws(
    () => resolveTransferId('aaaa', ids),
    (error: LonghaulError) =>
      error.code === 'invalid-argument' && error.message.includes(ids[0]!) && error.message.includes(ids[1]!),
  );
});

test('an id nobody has is not found, one that is too short is refused', () => {
  assert.throws(
    () => resolveTransferId('cccc', ids),
    (error: LonghaulError) => error.code === 'not-found',
  );
  for (const text of ['', 'b', 'bbb']) {
    assert.throws(
      () => resolveTransferId(text, ids),
      (error: LonghaulError) => error.code === 'invalid-argument',
    );
  }
});
