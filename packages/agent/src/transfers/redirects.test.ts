import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { headersFor, RedirectTrail, redirectTarget } from './redirects.ts';
import { ResponseHead } from './response-head.ts';

const from = new URL('https://a.example/dir/file?q#f');
const target = (status: number, location?: string, base = from) =>
  redirectTarget(new ResponseHead(status, location === undefined ? [] : [['Location', location]]), base)?.href;

test('301, 302, 303, 307 and 308 with a Location are redirects, nothing else is', () => {
  for (const status of [301, 302, 303, 307, 308]) assert.equal(target(status, '/x'), 'https://a.example/x');
  for (const status of [200, 300, 304, 305, 306, 404]) assert.equal(target(status, '/x'), undefined);
  assert.equal(target(302), undefined);
});

test('relative, absolute and scheme-relative ones are resolved; fragments stay behind', () => {
  assert.equal(target(302, 'other?x=1#y'), 'https://a.example/dir/other?x=1');
  assert.equal(target(302, '//b.example/z'), 'https://b.example/z');
  assert.equal(target(302, 'https://c.example/'), 'https://c.example/');
});

describe('refused', () => {
  const cases: [string, string, string][] = [
    ['https to http', 'http://a.example/', 'https-to-http-on-redirection'],
    ['another scheme', 'ftp://a.example/', 'redirect-failed'],
    ['a script', 'javascript:0', 'redirect-failed'],
    ['no URL', 'https://[', 'redirect-failed'],
  ];
  for (const [what, location, webErrorStatus] of cases) {
    test(what, () => assert.throws(() => target(302, location), { code: 'web-error', data: { webErrorStatus } }));
  }
  test('http to https is not', () =>
    assert.equal(target(302, 'https://a.example/', new URL('http://a.example/')), 'https://a.example/'));
});

test('only harmless headers change their origin; scheme, host and port are the origin', () => {
  const headers: [string, string][] = [
    ['Authorization', 's'],
    ['Cookie', 's'],
    ['X-Api-Key', 's'],
    ['Proxy-Authorization', 's'],
    ['ACCEPT', 'a'],
    ['User-Agent', 'u'],
  ];
  assert.equal(headersFor(headers, from, new URL('https://a.example/other')), headers);
  for (const to of ['https://b.example/', 'https://a.example:444/', 'http://a.example/']) {
    assert.deepEqual(
      headersFor(headers, from, new URL(to)),
      [
        ['ACCEPT', 'a'],
        ['User-Agent', 'u'],
      ],
      to,
    );
  }
});

test('a trail ends at a URL seen before and after the last allowed hop', () => {
  const trail = new RedirectTrail(new URL('http://a/1'), 2);
  const failed = { code: 'web-error', data: { webErrorStatus: 'redirect-failed' } };
  trail.follow(new URL('http://a/2'));
  assert.throws(() => trail.follow(new URL('http://a/1')), failed);
  trail.follow(new URL('http://a/3'));
  assert.throws(() => trail.follow(new URL('http://a/4')), failed);
});
