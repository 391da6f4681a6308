// Where redirects lead and what they take along, on values alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harmlessHeaders, isRedirect, redirectTarget } from './redirect.ts';
import { basicAuthorization, hostnameOf, parseUrl, portOf } from './url.ts';

const to = (from: string, location?: string) => redirectTarget(new URL(from), location).href;

test('a redirect leads to an absolute or relative place, http meaning ws', () => {
  assert.equal(to('ws://a/x/y', '../z?q=1#f'), 'ws://a/z?q=1');
  assert.equal(to('ws://a/x', '//b:8080/z'), 'ws://b:8080/z');
  assert.equal(to('ws://a/x', 'https://a/z'), 'wss://a/z');
  assert.equal(to('wss://a/x', 'wss://b/'), 'wss://b/');
});

test('a redirect takes user and password along within the origin only, and takes none from its Location', () => {
  assert.equal(to('ws://u:p@a/', '/z'), 'ws://u:p@a/z');
  assert.equal(to('ws://u:p@a/', 'ws://a:81/z'), 'ws://a:81/z');
  assert.equal(to('ws://u:p@a/', 'wss://a/z'), 'wss://a/z');
  assert.equal(to('ws://a/', 'ws://evil:secret@a/z'), 'ws://a/z');
  assert.equal(to('ws://a/', 'ws://evil:secret@b/z'), 'ws://b/z');
});

test('a redirect from wss to ws, to another scheme, or to nowhere is refused', () => {
  for (const location of [
    'ws://a/',
    'http://a/',
    'unix:/run/x',
    'ftp://a/',
    'file:///etc/passwd',
    'ws://',
    undefined,
  ]) {
    assert.throws(() => to('wss://a/', location), { code: 'redirect-refused' }, String(location));
  }
  assert.deepEqual([301, 302, 303, 307, 308, 300, 304, 305, 200].filter(isRedirect), [301, 302, 303, 307, 308]);
});

test('to another origin only headers that name nobody go along (decisions/034)', () => {
  const headers = { Authorization: 'x', cookie: 'x', 'X-Api-Key': 'x', 'User-Agent': 'me', accept: 'y', Host: 'h' };
  assert.deepEqual(harmlessHeaders(headers), { 'User-Agent': 'me', accept: 'y' });
});

test('the URL of a WebSocket is absolute, ws or wss, without a fragment (RFC 6455 §3)', () => {
  assert.equal(parseUrl('http://a:80/x')?.href, 'ws://a/x');
  assert.equal(parseUrl('HTTPS://a/x')?.href, 'wss://a/x');
  for (const bad of ['', '/x', 'a', 'ftp://a', 'ws://', 'ws://a/#', 'ws://a/#f', 'ws://a:99999/']) {
    assert.equal(parseUrl(bad), undefined, bad);
  }
  assert.deepEqual(
    ['ws://a', 'wss://a', 'ws://a:8080'].map(url => portOf(new URL(url))),
    [80, 443, 8080],
  );
  assert.equal(hostnameOf(new URL('ws://[::1]:1/')), '::1');
});

test('user and password of a URL become Basic authorization (RFC 7617)', () => {
  const basic = (url: string) => basicAuthorization(new URL(url));
  assert.equal(basic('ws://a/'), undefined);
  assert.equal(basic('ws://u%40:p%3A%C3%A9@a/'), `Basic ${Buffer.from('u@:p:é').toString('base64')}`);
  assert.equal(basic('ws://u@a/'), `Basic ${Buffer.from('u:').toString('base64')}`);
  assert.equal(basic('ws://u:50%@a/'), `Basic ${Buffer.from('u:50%').toString('base64')}`);
});
