import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerHandshake, handshakeAccepted, handshakeRefused } from './handshake.ts';
import { jsonProtocol } from './json.ts';
import type { HubProtocol } from './protocol.ts';

const binaryProtocol: HubProtocol = { ...jsonProtocol, name: 'messagepack', transferFormat: 'Binary' };
const context = {
  protocols: [jsonProtocol, binaryProtocol],
  transferFormats: ['Text', 'Binary'] as const,
  enableDetailedErrors: false,
};
const failed = 'An unexpected error occurred during connection handshake.';

describe('the handshake (§5)', () => {
  test('success is exactly 7B 7D 1E', () => assert.deepEqual([...Buffer.from(handshakeAccepted)], [0x7b, 0x7d, 0x1e]));

  test('an error is one JSON object and 0x1E', () => {
    assert.equal(handshakeRefused('no "x"'), '{"error":"no \\"x\\""}\u001e');
  });

  const accepted: readonly (readonly [string, number])[] = [
    ['{"protocol":"json","version":1}', 1],
    ['{"protocol":"json","version":2}', 2],
    ['{"protocol":"json","version":0}', 0],
    ['{"protocol":"json","version":-1}', -1],
    ['{"protocol":"JSON","version":1}', 1],
    ['{"version":1,"extra":{"a":[1]},"protocol":"json"}', 1],
  ];
  for (const [record, version] of accepted) {
    test(`accepts ${record}`, () => {
      assert.deepEqual(answerHandshake(record, context), { protocol: jsonProtocol, version });
    });
  }

  const refused: readonly (readonly [string, string])[] = [
    ['{"protocol":"xml","version":1}', "The protocol 'xml' is not supported."],
    ['{"protocol":"__proto__","version":1}', "The protocol '__proto__' is not supported."],
    ['{"protocol":"json","version":3}', "The server does not support version 3 of the 'json' protocol."],
    ['{"protocol":"json"}', failed],
    ['{"version":1}', failed],
    ['{"protocol":1,"version":1}', failed],
    ['{"protocol":"json","version":"1"}', failed],
    ['{"protocol":"json","version":1.5}', failed],
    ['[]', failed],
    ['null', failed],
    ['{', failed],
    ['', failed],
  ];
  for (const [record, error] of refused) {
    test(`refuses ${record || 'an empty record'}`, () => {
      const answer = answerHandshake(record, context);
      assert.equal('error' in answer && answer.error, error);
    });
  }

  test('refuses a binary protocol on a transport for text', () => {
    const answer = answerHandshake('{"protocol":"messagepack","version":1}', { ...context, transferFormats: ['Text'] });
    assert.equal(
      'error' in answer && answer.error,
      "Cannot use the 'messagepack' protocol on the current transport. The transport does not support 'Binary' transfer format.",
    );
  });

  test('says what was malformed only with detailed errors', () => {
    const answer = answerHandshake('{"version":1}', { ...context, enableDetailedErrors: true });
    assert.equal(
      'error' in answer && answer.error,
      `${failed} InvalidDataException: Missing required property 'protocol'.`,
    );
  });
});
