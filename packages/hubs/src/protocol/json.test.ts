// What the golden tables (spec/golden-wire.ts) do not show of JSON: values with no form of their own, hostile texts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jsonProtocol, parseJsonMessage, writeJson } from './json.ts';
import { resultCompletion } from './messages.ts';

describe('the JSON protocol', () => {
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

  test('§6 ignores messages of an unknown type', () => {
    const reader = jsonProtocol.createReader(1_000);
    reader.push('{"type":99,"x":1}\u001e{"type":6}\u001e');
    assert.deepEqual(reader.next(), { type: 'ping' });
    assert.equal(reader.next(), undefined);
  });

  test('§6 bytes are written as base64, wherever they stand', () => {
    const bytes = Uint8Array.of(0, 1, 2, 255);
    const text = '"AAEC/w=="';
    const cases: readonly (readonly [unknown, string])[] = [
      [bytes, text],
      [bytes.buffer, text],
      [Buffer.from(bytes), text],
      [new DataView(bytes.buffer), text],
      [Uint8Array.of(), '""'],
      [{ a: [bytes], b: Buffer.from(bytes) }, `{"a":[${text}],"b":${text}}`],
      [[Uint8Array.of()], '[""]'],
      [{ nothing: {}, at: new Date(0) }, '{"nothing":{},"at":"1970-01-01T00:00:00.000Z"}'],
      [{ 0: 1, type: 'Buffer' }, '{"0":1,"type":"Buffer"}'],
    ];
    for (const [value, expected] of cases) {
      assert.equal(writeJson(resultCompletion('1', value)), `{"type":3,"invocationId":"1","result":${expected}}`);
      const invocation = writeJson({ type: 'invocation', target: 't', arguments: [value] });
      assert.equal(invocation, `{"type":1,"target":"t","arguments":[${expected}]}`);
    }
  });

  test('a cycle or a bigint cannot be written', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    assert.throws(() => writeJson(resultCompletion('1', cycle)), TypeError);
    assert.throws(() => writeJson(resultCompletion('1', 1n)), TypeError);
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
});
