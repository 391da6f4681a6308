// Both protocols against their golden tables: bytes to messages and messages to bytes, however the bytes are cut.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { byteSplits } from '@longhaul/testing';
import { HubServerError } from '../errors.ts';
import { answerHandshake, handshakeAccepted, handshakeRefused } from '../protocol/handshake.ts';
import { jsonProtocol } from '../protocol/json.ts';
import { createMessagePackProtocol } from '../protocol/messagepack.ts';
import type { HubMessage } from '../protocol/messages.ts';
import type { HubProtocol, WireData } from '../protocol/protocol.ts';
import {
  goldenBindingFailures,
  goldenHandshakes,
  goldenMessages,
  goldenReadings,
  goldenRefusals,
  goldenValues,
} from './golden-wire.ts';

const protocols = { json: jsonProtocol, messagepack: createMessagePackProtocol() };

const toHex = (data: WireData): string =>
  Buffer.from(data as Uint8Array)
    .toString('hex')
    .replace(/..\B/g, '$& ');
const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const onWire = (protocol: 'json' | 'messagepack', wire: string): Buffer =>
  protocol === 'json' ? Buffer.from(wire) : fromHex(wire);

/** Without what is absent: a missing key, an undefined one, and `allowReconnect: false` mean the same. */
function plain(message: HubMessage | undefined): unknown {
  if (message === undefined) return undefined;
  const { allowReconnect, ...rest } = message as HubMessage & { allowReconnect?: boolean };
  const known = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(known), ...(allowReconnect === true ? { allowReconnect } : {}) };
}

function readAll(protocol: HubProtocol, pieces: readonly Uint8Array[]): HubMessage[] {
  const reader = protocol.createReader(10_000);
  const messages: HubMessage[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message);
  }
  return messages;
}

for (const { shows, message, json, messagepack, since } of goldenMessages) {
  describe(`§6 ${shows}`, () => {
    test(`JSON writes ${json.slice(0, 100)}`, () => assert.equal(jsonProtocol.write(message), json));
    test('JSON reads it', () => {
      assert.deepEqual(readAll(jsonProtocol, [Buffer.from(json)]).map(plain), [plain(message)]);
    });
    test(`MessagePack writes ${messagepack.slice(0, 100)}`, () => {
      assert.equal(toHex(protocols.messagepack.write(message)), messagepack);
    });
    test('MessagePack reads it', () => {
      assert.deepEqual(readAll(protocols.messagepack, [fromHex(messagepack)]).map(plain), [plain(message)]);
    });
    test('Ack and Sequence came with version 2', () => {
      assert.equal(since, message.type === 'ack' || message.type === 'sequence' ? 2 : 1);
    });
  });
}

describe('§6.1 values in MessagePack', () => {
  for (const { value, messagepack } of goldenValues) {
    test(`${typeof value} ${String(value).slice(0, 40)} is ${messagepack.slice(0, 60)}`, () => {
      const wire = toHex(protocols.messagepack.write({ type: 'stream-item', invocationId: '7', item: value }));
      assert.equal(wire.slice('00 94 02 80 a1 37 '.length), messagepack);
      const [message] = readAll(protocols.messagepack, [fromHex(wire)]);
      assert.ok(message?.type === 'stream-item');
      assert.deepEqual(message.item, value);
    });
  }
});

describe('§6 what is understood although we never write it', () => {
  for (const { shows, protocol, wire, message } of goldenReadings) {
    test(`${protocol}: ${shows}`, () => {
      const messages = readAll(protocols[protocol], [onWire(protocol, wire)]);
      assert.deepEqual(messages.map(plain), message === undefined ? [] : [plain(message)]);
    });
  }
});

describe('§8.2 what fails a call, and leaves the connection alone', () => {
  for (const { shows, messagepack, message, error } of goldenBindingFailures) {
    test(`${shows}: ${messagepack}`, () => {
      const wire = fromHex(messagepack);
      assert.equal(wire[0], wire.length - 1, 'the length of the frame');
      const next = fromHex('02 91 06');
      for (const pieces of byteSplits(Buffer.concat([wire, next]))) {
        const [read, after, ...more] = readAll(protocols.messagepack, pieces).map(plain) as [
          HubMessage & { bindingError?: Error },
          ...unknown[],
        ];
        const { bindingError, ...rest } = read;
        assert.deepEqual(plain(rest), plain(message));
        assert.equal(bindingError?.message, error);
        assert.deepEqual([after, ...more], [{ type: 'ping' }]);
      }
    });
  }
});

describe('§6 what is refused', () => {
  for (const { protocol, wire } of goldenRefusals) {
    test(`${protocol}: ${wire}`, () => {
      assert.throws(
        () => readAll(protocols[protocol], [onWire(protocol, wire)]),
        (error: unknown) => error instanceof HubServerError && error.code === 'invalid-message',
      );
    });
  }
});

describe('§5 handshakes', () => {
  const context = {
    protocols: Object.values(protocols),
    transferFormats: ['Text', 'Binary'] as const,
    enableDetailedErrors: false,
  };
  for (const { request, answer } of goldenHandshakes) {
    test(`${request || 'nothing'} is answered ${answer}`, () => {
      const given = answerHandshake(request, context);
      assert.equal('error' in given ? handshakeRefused(given.error) : handshakeAccepted, `${answer}\u001e`);
    });
  }
});

for (const [name, protocol] of Object.entries(protocols)) {
  test(`${name}: the same messages wherever the bytes are cut, with a beginning of the next one left over`, () => {
    const some = goldenMessages.filter(each => each.json.length < 100);
    const wires = some.map(each => onWire(protocol.name as 'json' | 'messagepack', each[name as 'json']));
    const beginning = wires[1]!.subarray(0, 4);
    const expected = some.map(each => plain(each.message));
    // The cheaper half: every message cut at every byte; the whole stream cut into single bytes.
    for (const pieces of byteSplits(Buffer.concat([...wires.slice(0, 4), beginning]))) {
      assert.deepEqual(readAll(protocol, pieces).map(plain), expected.slice(0, 4));
    }
    const bytes = [...Buffer.concat(wires)].map(byte => Uint8Array.of(byte));
    assert.deepEqual(readAll(protocol, bytes).map(plain), expected);
    const reader = protocol.createReader(10_000);
    reader.push(beginning);
    assert.equal(reader.next(), undefined);
    assert.equal(reader.hasPartialMessage, true);
    reader.reset();
    assert.equal(reader.hasPartialMessage, false);
    reader.push(wires[0]!);
    assert.deepEqual(plain(reader.next()), expected[0]);
  });
}
