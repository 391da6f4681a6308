import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseProxy, type ProxyEnvironment } from './proxies.ts';

const proxyFor = (url: string, env: ProxyEnvironment): string => {
  const choice = chooseProxy(new URL(url), env);
  return choice.kind === 'proxy' ? choice.proxy.href : choice.kind;
};

test('without a variable, or with an empty one, everything goes direct', () => {
  assert.equal(proxyFor('http://a.test/', {}), 'direct');
  assert.equal(proxyFor('http://a.test/', { http_proxy: ' ', HTTP_PROXY: '' }), 'direct');
});

test('each scheme has its variable, small letters first, and one for both behind them', () => {
  const env = { http_proxy: 'http://one:1', HTTP_PROXY: 'http://two:2', ALL_PROXY: 'http://three:3' };
  assert.equal(proxyFor('http://a.test/', env), 'http://one:1/');
  assert.equal(proxyFor('https://a.test/', env), 'http://three:3/');
  assert.equal(proxyFor('https://a.test/', { ...env, HTTPS_PROXY: 'https://four:4' }), 'https://four:4/');
});

test('a bare host and port is an HTTP proxy; user name and password stay', () => {
  assert.equal(proxyFor('http://a.test/', { http_proxy: 'squid:3128' }), 'http://squid:3128/');
  assert.equal(proxyFor('http://a.test/', { http_proxy: 'http://u:p@squid:3128' }), 'http://u:p@squid:3128/');
});

test('loopback is never asked through a proxy', () => {
  const env = { http_proxy: 'http://one:1', https_proxy: 'http://one:1' };
  for (const host of ['127.0.0.1', '127.9.9.9', '[::1]', 'localhost']) {
    assert.equal(proxyFor(`http://${host}:8080/`, env), 'direct', host);
    assert.equal(proxyFor(`https://${host}/`, env), 'direct', host);
  }
});

test('no_proxy names hosts, domains, ports, addresses, or everybody', () => {
  const rows: [list: string, url: string, expected: 'direct' | 'http://one:1/'][] = [
    ['*', 'http://a.test/', 'direct'],
    ['a.test', 'http://a.test/', 'direct'],
    ['a.test', 'http://b.a.test/', 'direct'],
    ['a.test', 'http://ba.test/', 'http://one:1/'],
    ['.a.test', 'http://b.a.test/', 'direct'],
    ['*.a.test', 'http://a.test/', 'direct'],
    ['b.test, A.TEST', 'http://a.test/', 'direct'],
    ['a.test:8080', 'http://a.test:8080/', 'direct'],
    ['a.test:8080', 'http://a.test/', 'http://one:1/'],
    ['a.test:80', 'http://a.test/', 'direct'],
    ['10.0.0.7', 'http://10.0.0.7/', 'direct'],
    ['fe80::1', 'http://[fe80::1]/', 'direct'],
    ['[fe80::1]:80', 'http://[fe80::1]/', 'direct'],
    [',, ', 'http://a.test/', 'http://one:1/'],
  ];
  for (const [no_proxy, url, expected] of rows) {
    assert.equal(proxyFor(url, { http_proxy: 'http://one:1', no_proxy }), expected, `${no_proxy} and ${url}`);
  }
});

test('a proxy that cannot be spoken to is said, not passed by', () => {
  const socks = chooseProxy(new URL('http://a.test/'), { ALL_PROXY: 'socks5h://one:1' });
  assert.deepEqual(socks, {
    kind: 'unusable',
    variable: 'ALL_PROXY',
    why: 'it asks for socks5h; http and https are spoken',
  });
  assert.equal(proxyFor('http://a.test/', { http_proxy: 'http://:bad:' }), 'unusable');
});
