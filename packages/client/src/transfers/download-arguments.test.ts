import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode, LonghaulError } from '@longhaul/agent-protocol';
import { parseCollision, parseDownloadUrl, parseTarget } from './download-arguments.ts';

const refused = (code: ErrorCode, run: () => unknown) =>
  assert.throws(run, (error: LonghaulError) => error.code === code);

test('a URL may be text or a URL, http or https', () => {
  assert.equal(parseDownloadUrl('http://host/a b'), 'http://host/a%20b');
  assert.equal(parseDownloadUrl(new URL('HTTPS://host')), 'https://host/');
});

test('what is not a URL, or not one that can be downloaded, is refused with its own code (BT-31)', () => {
  for (const text of ['', 'film.mp4', '/a', 'http://', 'http://host:99999/'])
    refused('invalid-url', () => parseDownloadUrl(text));
  for (const text of ['file:///etc/passwd', 'ftp://h/a', 'javascript:1', 'unix:/run/x']) {
    refused('unsupported-scheme', () => parseDownloadUrl(text));
  }
  refused('invalid-url', () => parseDownloadUrl(`http://host/${'a'.repeat(20_000)}`));
});

test('a relative target is taken from the current folder, an absolute one stays as given', () => {
  assert.equal(parseTarget('film.mp4', '/home/me'), '/home/me/film.mp4');
  assert.equal(parseTarget('/tmp/film.mp4', '/home/me'), '/tmp/film.mp4');
  assert.equal(parseTarget(new URL('file:///tmp/a%20b'), '/'), '/tmp/a b');
});

test('a target that cannot be a file is refused', () => {
  for (const path of ['', 'a\0b', 'folder/', `/${'a'.repeat(5_000)}`])
    refused('invalid-argument', () => parseTarget(path, '/'));
  refused('invalid-argument', () => parseTarget(new URL('http://host/a'), '/'));
  refused('invalid-argument', () => parseTarget(undefined as never, '/'));
});

test('an unknown collision option is refused (BT-32)', () => {
  assert.equal(parseCollision('unique-name'), 'unique-name');
  refused('invalid-argument', () => parseCollision('overwrite'));
});
