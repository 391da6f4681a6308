import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basicAuthorization, checkHeaders, parseTransferUrl } from './request.ts';

test('http and https are taken, everything else has its code', () => {
  assert.equal(parseTransferUrl('HTTP://host').href, 'http://host/');
  for (const url of ['', 'host/path', '//host', 'http://', 'http://[', 'http://a b/']) {
    assert.throws(() => parseTransferUrl(url), { code: 'invalid-url' }, url);
  }
  for (const url of ['file:///x', 'ftp://h/x', 'data:,x', 'localhost:80/x', 'javascript:0']) {
    assert.throws(() => parseTransferUrl(url), { code: 'unsupported-scheme' }, url);
  }
});

test('values of one name are joined in order, in the case that came first (BT-35)', () => {
  assert.deepEqual(
    checkHeaders([
      ['X-A', '1'],
      ['B', ' 2 '],
      ['x-a', '3'],
    ]),
    [
      ['X-A', '1, 3'],
      ['B', '2'],
    ],
  );
});

test('nothing that breaks a line, is no token, or is the engine’s own gets through, and no value is told', () => {
  const bad: [string, string][] = [
    ['A', 'secret\r\nB: c'],
    ['A', 'secret\n'],
    ['A', 'secret\0'],
    ['A', 'secret€'],
    ['', 'secret'],
    ['A B', 'secret'],
    ['A:', 'secret'],
    ['Ä', 'secret'],
    ['range', 'secret'],
    ['IF-RANGE', 'secret'],
    ['Host', 'secret'],
    ['Transfer-Encoding', 'secret'],
    ['Accept-Encoding', 'secret'],
  ];
  for (const header of bad) {
    assert.throws(
      () => checkHeaders([header]),
      (error: Error & { code: string }) => {
        assert.equal(error.code, 'invalid-header', JSON.stringify(header));
        return !error.message.includes('secret');
      },
    );
  }
});

test('all headers together are bounded', () => {
  const many = Array.from({ length: 5 }, (_, n) => [`X-${n}`, 'v'.repeat(16_000)] as [string, string]);
  assert.throws(() => checkHeaders(many), { code: 'invalid-header' });
  assert.equal(checkHeaders(many.slice(1)).length, 4);
});

test('credentials of a URL become Basic authorization, percent-decoded as UTF-8 (RFC 7617)', () => {
  const of = (url: string) => basicAuthorization(new URL(url));
  assert.equal(of('http://host/'), undefined);
  assert.equal(of('http://a:b%20%C3%A4@host/'), `Basic ${Buffer.from('a:b ä').toString('base64')}`);
  assert.equal(of('http://a@host/'), `Basic ${Buffer.from('a:').toString('base64')}`);
  assert.equal(of('http://a:100%@host/'), `Basic ${Buffer.from('a:100%').toString('base64')}`);
});
