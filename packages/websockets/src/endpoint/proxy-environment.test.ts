// The proxy that an environment names, on values alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyFromEnvironment as find } from './proxy-environment.ts';

test('https_proxy is for wss, http_proxy for ws, all_proxy for what is left; lower case wins', () => {
  const all = { HTTPS_PROXY: 'http://s:1', https_proxy: 'http://s:2', http_proxy: 'h:3', ALL_PROXY: 'https://a:4' };
  assert.equal(find('wss://x/', all), 'http://s:2');
  assert.equal(find('ws://x/', all), 'http://h:3');
  assert.equal(find('wss://x/', { ALL_PROXY: 'https://a:4' }), 'https://a:4');
  assert.equal(find('ws://x/', {}), undefined);
  assert.equal(find('ws://x/', { http_proxy: '', HTTP_PROXY: '' }), undefined);
});

test('HTTP_PROXY in capitals is ignored under CGI (CVE-2016-5385)', () => {
  assert.equal(find('ws://x/', { HTTP_PROXY: 'http://evil', REQUEST_METHOD: 'GET' }), undefined);
  assert.equal(find('ws://x/', { http_proxy: 'http://good', REQUEST_METHOD: 'GET' }), 'http://good');
});

test('no_proxy lists hosts with their subdomains, ports, or everything', () => {
  const isExempt = (url: string, no_proxy: string) => find(url, { all_proxy: 'http://p', no_proxy }) === undefined;
  for (const list of ['*', 'a.example', '.example', '*.example', 'other, A.EXAMPLE', 'a.example:443']) {
    assert.ok(isExempt('wss://a.example/', list), list);
  }
  for (const list of ['', 'b.example', 'xa.example', 'a.exampl', 'a.example:80', 'example.a.example']) {
    assert.ok(!isExempt('wss://a.example/', list), list);
  }
  assert.ok(!isExempt('wss://notexample/', 'example'));
  assert.ok(isExempt('ws://[::1]:8080/', '::1'));
  assert.ok(isExempt('ws://[::1]:8080/', '[::1]:8080'));
  assert.ok(isExempt('ws://127.0.0.1/', 'localhost 127.0.0.1'));
});
