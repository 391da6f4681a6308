// The golden table of the JSON protocol (§6): what is written, byte for byte, and what is read, however it is cut.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { byteSplits } from '@longhaul/testing';
import { HubServerError } from '../errors.ts';
import { jsonProtocol, parseJsonMessage, writeJson } from './json.ts';
import { endCompletion, errorCompletion, type HubMessage, pingMessage, resultCompletion } from './messages.ts';

const golden: readonly (readonly [string, HubMessage])[] = [
  ['{"type":1,"target":"send","arguments":[]}', { type: 'invocation', target: 'send', arguments: [] }],
  [
    '{"type":1,"invocationId":"s1","target":"ask","arguments":[1,"two",{"three":[true,null]}]}',
    { type: 'invocation', invocationId: 's1', target: 'ask', arguments: [1, 'two', { three: [true, null] }] },
  ],
  [
    '{"type":1,"invocationId":"1","target":"up","arguments":[],"streamIds":["0"]}',
    { type: 'invocation', invocationId: '1', target: 'up', arguments: [], streamIds: ['0'] },
  ],
  ['{"type":2,"invocationId":"7","item":null}', { type: 'stream-item', invocationId: '7', item: null }],
  [
    '{"type":2,"invocationId":"7","item":{"a":"\\u001e"}}',
    { type: 'stream-item', invocationId: '7', item: { a: '\u001e' } },
  ],
  ['{"type":3,"invocationId":"1","result":42}', resultCompletion('1', 42)],
  ['{"type":3,"invocationId":"1","result":null}', resultCompletion('1', undefined)],
  ['{"type":3,"invocationId":"1"}', endCompletion('1')],
  ['{"type":3,"invocationId":"1","error":"no \\"luck\\""}', errorCompletion('1', 'no "luck"')],
  [
    '{"type":4,"invocationId":"2","target":"counter","arguments":[10]}',
    { type: 'stream-invocation', invocationId: '2', target: 'counter', arguments: [10] },
  ],
  ['{"type":5,"invocationId":"2"}', { type: 'cancel-invocation', invocationId: '2' }],
  ['{"type":6}', pingMessage],
  ['{"type":7}', { type: 'close' }],
  ['{"type":7,"allowReconnect":true}', { type: 'close', allowReconnect: true }],
  [
    '{"type":7,"error":"Connection closed with an error.","allowReconnect":true}',
    { type: 'close', error: 'Connection closed with an error.', allowReconnect: true },
  ],
  ['{"type":8,"sequenceId":12}', { type: 'ack', sequenceId: 12 }],
  ['{"type":9,"sequenceId":1}', { type: 'sequence', sequenceId: 1 }],
];

/** Without the keys that are undefined: a missing key and an undefined one mean the same here. */
const plain = (message: HubMessage | undefined): unknown =>
  message && Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));

describe('the JSON protocol', () => {
  for (const [text, message] of golden) {
    test(`§6 writes ${text}`, () => assert.equal(writeJson(message), text));
    test(`§6 reads ${text}`, () => assert.deepEqual(plain(parseJsonMessage(text)), plain(message)));
  }

  test('§6 ends every message with 0x1E and never has one inside', () => {
    for (const [, message] of golden) {
      const wire = jsonProtocol.write(message) as string;
      assert.equal(wire.indexOf('\u001e'), wire.length - 1);
    }
  });

  test('§6 writes null for an item, a result or an argument that JSON leaves out', () => {
    assert.equal(
      writeJson({ type: 'stream-item', invocationId: '1', item: undefined }),
      '{"type":2,"invocationId":"1","item":null}',
    );
    assert.equal(writeJson(resultCompletion('1', () => {})), '{"type":3,"invocationId":"1","result":null}');
    assert.equal(
      writeJson({ type: 'invocation', target: 't', arguments: [undefined] }),
      '{"type":1,"target":"t","arguments":[null]}',
    );
  });

  test('§6 reads properties in any order, ignores unknown ones and headers', () => {
    const text = '{"headers":{"traceparent":"00"},"arguments":[1],"more":{},"target":"t","type":1}';
    assert.deepEqual(plain(parseJsonMessage(text)), { type: 'invocation', target: 't', arguments: [1] });
  });

  test('§6 ignores messages of an unknown type', () => {
    const reader = jsonProtocol.createReader(1_000);
    reader.push('{"type":99,"x":1}\u001e{"type":6}\u001e');
    assert.deepEqual(reader.next(), { type: 'ping' });
    assert.equal(reader.next(), undefined);
  });

  test('§6 an empty or null invocation id means that nobody waits', () => {
    for (const id of ['""', 'null']) {
      assert.deepEqual(plain(parseJsonMessage(`{"type":1,"invocationId":${id},"target":"t","arguments":[]}`)), {
        type: 'invocation',
        target: 't',
        arguments: [],
      });
    }
  });

  const malformed = [
    'x',
    '',
    '[]',
    'null',
    '"text"',
    '7',
    '{}',
    '{"type":"1"}',
    '{"type":null}',
    '{"type":1.5}',
    '{"type":1,"arguments":[]}',
    '{"type":1,"target":"t"}',
    '{"type":1,"target":7,"arguments":[]}',
    '{"type":1,"target":"t","arguments":{}}',
    '{"type":1,"target":"t","arguments":[],"streamIds":[1]}',
    '{"type":1,"target":"t","arguments":[],"streamIds":"0"}',
    '{"type":1,"target":"t","arguments":[],"invocationId":5}',
    '{"type":2,"invocationId":"1"}',
    '{"type":2,"item":1}',
    '{"type":3}',
    '{"type":3,"invocationId":"1","error":"e","result":1}',
    '{"type":4,"target":"t","arguments":[]}',
    '{"type":5}',
    '{"type":7,"error":5}',
    '{"type":7,"allowReconnect":"yes"}',
    '{"type":8}',
    '{"type":9,"sequenceId":"1"}',
  ];
  for (const text of malformed) {
    test(`§6 refuses ${text || 'an empty record'}`, () => {
      assert.throws(
        () => parseJsonMessage(text),
        (error: unknown) => error instanceof HubServerError && error.code === 'invalid-message',
      );
    });
  }

  test('reads the same messages wherever the bytes are cut, with a beginning of the next one left over', () => {
    const wire = Buffer.from(
      `${golden
        .map(([text]) => text)
        .slice(0, 6)
        .join('\u001e')}\u001e{"type":1,"target":"é€😀","arguments":[]}\u001e{"ty`,
    );
    const expected = JSON.stringify(readAll([wire]));
    assert.equal(JSON.parse(expected).length, 7);
    for (const pieces of byteSplits(wire)) assert.equal(JSON.stringify(readAll(pieces)), expected);
  });

  test('a deep nest of arrays is read, costs no stack, and reaches the method as it is', () => {
    const depth = 100_000;
    const message = parseJsonMessage(
      `{"type":1,"target":"__proto__","arguments":[${'['.repeat(depth)}${']'.repeat(depth)}]}`,
    );
    assert.equal(message?.type, 'invocation');
  });

  test('__proto__ keys, written in any way, are gone before a method sees them', () => {
    for (const key of ['__proto__', '\\u005f_proto__', '_\\u005Fproto__']) {
      const message = parseJsonMessage(
        `{"type":1,"target":"t","arguments":[{"a":[{"${key}":{"isAdmin":true},"b":1}]}]}`,
      );
      assert.ok(message?.type === 'invocation');
      const copy = Object.assign({}, (message.arguments[0] as { a: object[] }).a[0]);
      assert.deepEqual(Object.keys(copy), ['b']);
      assert.equal((copy as { isAdmin?: boolean }).isAdmin, undefined);
    }
  });

  test('a __proto__ key in place of the message fields gives none of them', () => {
    assert.throws(() => parseJsonMessage('{"__proto__":{"type":6}}'), { code: 'invalid-message' });
    assert.throws(() => parseJsonMessage('{"constructor":{"type":6}}'), { code: 'invalid-message' });
  });
});

function readAll(pieces: readonly Uint8Array[]): HubMessage[] {
  const reader = jsonProtocol.createReader(10_000);
  const messages: HubMessage[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message);
  }
  assert.equal(reader.hasPartialMessage, true);
  return messages;
}
