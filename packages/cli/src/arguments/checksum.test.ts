import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LonghaulError } from '@longhaul/agent-protocol';
import { parseChecksumArgument } from './checksum.ts';

test('a checksum is an algorithm and a digest in hexadecimal of either case', () => {
  assert.deepEqual(parseChecksumArgument('SHA-256=AB12'), { algorithm: 'sha-256', expected: 'ab12' });
  assert.deepEqual(parseChecksumArgument('sha-512=00'), { algorithm: 'sha-512', expected: '00' });
});

test('what is none, or of an algorithm that is broken, is refused', () => {
  for (const text of ['', 'ab12', 'md5=ab12', 'sha-1=ab12', 'sha-256=', 'sha-256=xyz']) {
    assert.throws(
      () => parseChecksumArgument(text),
      (error: LonghaulError) => error.code === 'invalid-argument',
      text,
    );
  }
});
