import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LonghaulError } from '@longhaul/agent-protocol';
import { headerPair, headerPairs, withHeader } from './request-headers.ts';

const refused = (run: () => unknown) => assert.throws(run, (error: LonghaulError) => error.code === 'invalid-header');

test('headers come as an object, as Headers, as a Map or as pairs', () => {
  assert.deepEqual(headerPairs({ Accept: 'a' }), [['Accept', 'a']]);
  assert.deepEqual(headerPairs(new Headers({ accept: 'a' })), [['accept', 'a']]);
  assert.deepEqual(headerPairs(new Map([['Accept', 'a']])), [['Accept', 'a']]);
  assert.deepEqual(
    headerPairs([
      ['X', ' 1 '],
      ['X', '2'],
    ]),
    [
      ['X', '1'],
      ['X', '2'],
    ],
  );
  assert.deepEqual(headerPairs(undefined), []);
});

test('the same header set again has its values concatenated (BT-35)', () => {
  assert.deepEqual(withHeader([['Accept', 'a']], ['accept', 'b']), [['Accept', 'a, b']]);
  assert.deepEqual(withHeader([['Accept', 'a']], ['X', 'b']), [
    ['Accept', 'a'],
    ['X', 'b'],
  ]);
});

test('a header that could smuggle another is refused', () => {
  for (const name of ['', 'a b', 'a:', 'ä', 'a\r\nb', 7]) refused(() => headerPair(name, 'v'));
  for (const value of ['a\r\nX: y', 'a\nb', 'a\0b', '\u{1f600}', 7, undefined]) refused(() => headerPair('X', value));
  refused(() => headerPairs(['X: y'] as never));
  refused(() => headerPairs('X: y' as never));
});

test('the refusal of a value does not repeat the value', () => {
  assert.throws(
    () => headerPair('Authorization', 'secret\n'.repeat(2)),
    (error: Error) => !error.message.includes('secret'),
  );
});
