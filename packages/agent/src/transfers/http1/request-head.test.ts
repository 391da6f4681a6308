import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceRequest } from '../source.ts';
import { requestHead } from './request-head.ts';

const { signal } = new AbortController();
const ask = (url: string, more: Partial<SourceRequest> = {}): string =>
  requestHead({ url: new URL(url), headers: [], range: null, signal, ...more });

test('a request says what it wants, in one head', () => {
  const head = ask('http://[::1]:8080/a b?c=d#e', { headers: [['X-Key', 'v']], range: { from: 7, ifRange: '"x"' } });
  assert.deepEqual(head.split('\r\n'), [
    'GET /a%20b?c=d HTTP/1.1',
    'Host: [::1]:8080',
    'Accept: */*',
    'User-Agent: longhaul',
    'X-Key: v',
    'Accept-Encoding: identity',
    'Range: bytes=7-',
    'If-Range: "x"',
    '',
    '',
  ]);
});

test("the caller's field stands in for ours; user name and password become Authorization; usual ports are not said", () => {
  const head = ask('https://ann:p%40ss@example.com:443/', { headers: [['accept', 'text/plain']] });
  assert.match(head, /^GET \/ HTTP\/1\.1\r\nHost: example\.com\r\naccept: text\/plain\r\n/);
  assert.match(head, /\r\nAuthorization: Basic YW5uOnBAc3M=\r\n/);
  assert.doesNotMatch(head, /Accept: \*/);
});

test('nothing that could end a line early goes on the wire', () => {
  for (const value of ['a\r\nEvil: 1', 'a\nb', 'a\rb', 'a\0b', 'a\x7f', 'a\u0100']) {
    assert.throws(() => ask('http://h/', { headers: [['X', value]] }), { code: 'invalid-header' });
    assert.throws(() => ask('http://h/', { range: { from: 1, ifRange: value } }), { code: 'invalid-header' });
  }
  for (const name of ['', 'a b', 'a:', 'a\r\nb', '\u00e9']) {
    assert.throws(() => ask('http://h/', { headers: [[name, 'v']] }), { code: 'invalid-header' });
  }
});
