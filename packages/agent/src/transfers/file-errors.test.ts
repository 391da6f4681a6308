import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LonghaulError } from '@longhaul/agent-protocol';
import { fileError, isRepairable } from './file-errors.ts';

test('what the file system says has a code of ours, and the cause', () => {
  const rows = {
    ENOSPC: 'disk-full',
    EDQUOT: 'disk-full',
    EFBIG: 'file-too-large',
    ENOENT: 'target-folder-missing',
    EACCES: 'target-not-writable',
    EROFS: 'target-not-writable',
    ELOOP: 'unsafe-path',
    EWHAT: 'internal',
  };
  for (const [system, code] of Object.entries(rows)) {
    const cause = Object.assign(new Error('x'), { code: system });
    const error = fileError('/f', cause);
    assert.deepEqual([error.code, error.cause], [code, cause]);
  }
  const own = new LonghaulError('file-changed', 'x');
  assert.equal(fileError('/f', own), own);
  assert.equal(fileError('/f', 'odd').code, 'internal');
});

test('a full disk can be repaired, a file system that cannot hold such a file cannot', () => {
  assert.equal(isRepairable(new LonghaulError('disk-full', 'x')), true);
  assert.equal(isRepairable(new LonghaulError('file-too-large', 'x')), false);
});
