// The opening handshake of both ends, on values alone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acceptFor } from './accept-key.ts';
import { parseExtensions } from './extensions.ts';
import { isOriginAllowed } from './origins.ts';
import { readUpgradeRequest, wantsWebSocket } from './upgrade-request.ts';
import { writeUpgradeResponse } from './upgrade-response.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const good = {
  upgrade: 'websocket',
  connection: 'keep-alive, Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': key,
};
const request = (headers: Record<string, string | undefined> = {}, method = 'GET') => ({
  method,
  headers: { ...good, ...headers },
});

describe('the request of a client', () => {
  test('is read (RFC 6455 §1.3)', () => {
    const asked = readUpgradeRequest(
      request({ 'sec-websocket-protocol': 'chat, superchat', upgrade: 'h2c, WebSocket' }),
    );
    assert.deepEqual(asked, { key, subprotocols: ['chat', 'superchat'], extensions: [] });
    assert.equal(acceptFor(key), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  const wrong: [name: string, headers: Record<string, string | undefined>, code: string, method?: string][] = [
    ['no Upgrade', { upgrade: undefined }, 'not-a-websocket-request'],
    ['another Upgrade', { upgrade: 'websockets' }, 'not-a-websocket-request'],
    ['no Connection: Upgrade', { connection: 'keep-alive' }, 'not-a-websocket-request'],
    ['POST', {}, 'not-a-websocket-request', 'POST'],
    ['no version', { 'sec-websocket-version': undefined }, 'unsupported-version'],
    ['version 8', { 'sec-websocket-version': '8' }, 'unsupported-version'],
    ['no key', { 'sec-websocket-key': undefined }, 'invalid-key'],
    ['a key of 15 bytes', { 'sec-websocket-key': Buffer.alloc(15).toString('base64') }, 'invalid-key'],
    ['a key of 17 bytes', { 'sec-websocket-key': Buffer.alloc(17).toString('base64') }, 'invalid-key'],
    ['two keys', { 'sec-websocket-key': `${key}, ${key}` }, 'invalid-key'],
    ['a sub-protocol twice', { 'sec-websocket-protocol': 'a, b, a' }, 'invalid-header'],
    ['a sub-protocol that is no token', { 'sec-websocket-protocol': 'a b' }, 'invalid-header'],
    ['no sub-protocol in the header', { 'sec-websocket-protocol': '' }, 'invalid-header'],
    ['malformed extensions', { 'sec-websocket-extensions': 'permessage-deflate; =1' }, 'invalid-header'],
  ];
  for (const [name, headers, code, method] of wrong) {
    test(`is refused for ${name}: ${code}`, () => {
      assert.throws(() => readUpgradeRequest(request(headers, method)), { code });
    });
  }

  test('wants a WebSocket even where it asks wrongly', () => {
    assert.equal(wantsWebSocket(request({ 'sec-websocket-version': '8' })), true);
    assert.equal(wantsWebSocket(request({}, 'CONNECT')), false);
  });
});

describe('the answer of a server', () => {
  test('carries the accept key, the sub-protocol and the headers of the application, nothing doubled', () => {
    const head = writeUpgradeResponse(key, 'chat', undefined, {
      'Set-Cookie': ['a=1', 'b=2'],
      connection: 'close',
      'x-powered-by': 'x',
    });
    assert.deepEqual(head.split('\r\n'), [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'Sec-WebSocket-Protocol: chat',
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
      'x-powered-by: x',
      '',
      '',
    ]);
  });
});

test('extension offers are read with their parameters, in order (RFC 6455 §9.1)', () => {
  assert.deepEqual(parseExtensions('a; x="q\\uo", b'), [
    { name: 'a', parameters: [{ name: 'x', value: 'quo' }] },
    { name: 'b', parameters: [] },
  ]);
  assert.deepEqual(parseExtensions('permessage-deflate; client_max_window_bits; server_max_window_bits="10"'), [
    {
      name: 'permessage-deflate',
      parameters: [
        { name: 'client_max_window_bits', value: undefined },
        { name: 'server_max_window_bits', value: '10' },
      ],
    },
  ]);
  for (const bad of ['', 'a,', 'a;', 'a; b=', 'a; b="', 'a; b="x y"', 'a b', 'a; b=c d', ';']) {
    assert.throws(() => parseExtensions(bad), { code: 'invalid-header' }, bad);
  }
});

test('origins are compared exactly, without case, and only where there is one (§12)', () => {
  const allowed = ['https://Client.example', 'http://localhost:8080'];
  assert.equal(isOriginAllowed('HTTPS://client.EXAMPLE', allowed), true);
  assert.equal(isOriginAllowed('http://client.example', allowed), false);
  assert.equal(isOriginAllowed('https://client.example:443', allowed), false);
  assert.equal(isOriginAllowed('https://evil-client.example', allowed), false);
  assert.equal(isOriginAllowed('null', allowed), false);
  assert.equal(isOriginAllowed(undefined, allowed), true);
  assert.equal(isOriginAllowed('https://anyone', []), true);
  assert.equal(isOriginAllowed('https://anyone', ['https://a', '*']), true);
});
