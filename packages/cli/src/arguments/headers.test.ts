import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LonghaulError } from '@longhaul/agent-protocol';
import { isSecretHeader, parseHeader, parseHeaderLines } from './headers.ts';

test('a header is a name, a colon and a value', () => {
  assert.deepEqual(parseHeader('Accept: text/html'), ['Accept', 'text/html']);
  assert.deepEqual(parseHeader('X-Time:10:30'), ['X-Time', '10:30']);
  assert.deepEqual(parseHeader('X-Empty:'), ['X-Empty', '']);
});

test('what is not a header is refused', () => {
  for (const line of ['', 'Accept', ': value', 'a b: c', 'X: a\nY: b']) {
    assert.throws(
      () => parseHeader(line),
      (error: LonghaulError) => error.code === 'invalid-header',
      line,
    );
  }
});

test('a header file has comments and empty lines, and says which line is wrong without showing it', () => {
  assert.deepEqual(parseHeaderLines('# mine\n\nA: 1\r\nB: 2\n', 'f'), [
    ['A', '1'],
    ['B', '2'],
  ]);
  assert.throws(
    () => parseHeaderLines('A: 1\nsecret-without-colon\n', 'headers.txt'),
    (error: Error) => error.message.includes('headers.txt, line 2') && !error.message.includes('secret-without'),
  );
});

test('headers that carry secrets are known', () => {
  assert.ok(isSecretHeader('AUTHORIZATION'));
  assert.ok(!isSecretHeader('Accept'));
});
