import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LonghaulError } from '@longhaul/agent-protocol';
import { resolveAmongNewest, resolveId } from './id-beginning.ts';

const resolve = (text: string) => resolveId(text, ids, ['transfer', 'transfers', 'transfer']);
const ids = [
  'aaaa1111-0000-4000-8000-000000000001',
  'aaaa2222-0000-4000-8000-000000000002',
  'bbbb0000-0000-4000-8000-000000000003',
];

test('the whole id, in any case, or a beginning that only one has', () => {
  assert.equal(resolve(ids[0]!), ids[0]);
  assert.equal(resolve(ids[0]!.toUpperCase()), ids[0]);
  assert.equal(resolve('aaaa2'), ids[1]);
  assert.equal(resolve('BBBB'), ids[2]);
});

test('a beginning that several have is refused and names them', () => {
  assert.throws(
    () => resolve('aaaa'),
    (error: LonghaulError) =>
      error.code === 'invalid-argument' && error.message.includes(ids[0]!) && error.message.includes(ids[1]!),
  );
});

test('an id nobody has is not found, one that is too short is refused', () => {
  assert.throws(
    () => resolve('cccc'),
    (error: LonghaulError) => error.code === 'not-found',
  );
  for (const text of ['', 'b', 'bbb']) {
    assert.throws(
      () => resolve(text),
      (error: LonghaulError) => error.code === 'invalid-argument',
    );
  }
});

test('where only the newest are known a whole id is taken as it is, a beginning is not', () => {
  const among = (text: string) => resolveAmongNewest(text, ids, ['run', 'runs', 'run']);
  assert.equal(among('DDDD0000-0000-4000-8000-000000000004'), 'dddd0000-0000-4000-8000-000000000004');
  assert.equal(among('aaaa2'), ids[1]);
  assert.throws(
    () => among('dddd0000'),
    (error: LonghaulError) => error.code === 'not-found' && error.message.includes('no run'),
  );
});
