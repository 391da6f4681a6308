// The server's answer as the client checks it, on values alone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolveCompression } from '../compression-options.ts';
import { acceptFor } from './accept-key.ts';
import { readChoices, readUpgradeAnswer } from './server-answer.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const offer = { subprotocols: ['a', 'b'], compression: undefined };
const answer = (headers: Record<string, string | undefined> = {}) => ({
  upgrade: 'WebSocket',
  connection: 'upgrade',
  'sec-websocket-accept': acceptFor(key),
  ...headers,
});

describe('an answer on HTTP/1.1', () => {
  test('is taken with the sub-protocol and the extension it chose', () => {
    assert.deepEqual(readUpgradeAnswer(answer(), key, offer), { subprotocol: '', extensions: '', deflate: undefined });
    assert.equal(readUpgradeAnswer(answer({ 'sec-websocket-protocol': 'b' }), key, offer).subprotocol, 'b');
    const { deflate } = readUpgradeAnswer(answer({ 'sec-websocket-extensions': 'permessage-deflate' }), key, {
      subprotocols: [],
      compression: resolveCompression({}),
    });
    assert.equal(deflate?.sendKeepsContext, true);
  });

  const wrong: [name: string, headers: Record<string, string | undefined>][] = [
    ['no Upgrade', { upgrade: undefined }],
    ['no Connection', { connection: undefined }],
    ['no accept key', { 'sec-websocket-accept': undefined }],
    ['a wrong accept key', { 'sec-websocket-accept': 'x' }],
    ['the accept key twice', { 'sec-websocket-accept': `${acceptFor(key)}, ${acceptFor(key)}` }],
    ['a sub-protocol not offered', { 'sec-websocket-protocol': 'c' }],
    ['a sub-protocol in another case', { 'sec-websocket-protocol': 'A' }],
    ['two sub-protocols', { 'sec-websocket-protocol': 'a, b' }],
    ['an empty sub-protocol', { 'sec-websocket-protocol': '' }],
    ['an extension not offered', { 'sec-websocket-extensions': 'permessage-deflate' }],
  ];
  for (const [name, headers] of wrong) {
    test(`is refused for ${name}`, () => {
      assert.throws(() => readUpgradeAnswer(answer(headers), key, offer), { code: 'handshake-invalid' });
    });
  }
});

test('an answer to an extended CONNECT has neither key nor Upgrade, and the same choices (RFC 8441 §5)', () => {
  assert.equal(readChoices({ ':status': '200', 'sec-websocket-protocol': 'a' }, offer).subprotocol, 'a');
  for (const headers of [{ 'sec-websocket-protocol': 'c' }, { 'sec-websocket-extensions': 'x' }]) {
    assert.throws(() => readChoices(headers, offer), { code: 'handshake-invalid' });
  }
});
