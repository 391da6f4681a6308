// What the golden tables (spec/golden-wire.ts) do not show of MessagePack: limits, hostile bytes, values with no form of their own.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ExtData } from '@msgpack/msgpack';
import { HubServerError } from '../errors.ts';
import { createMessagePackProtocol } from './messagepack.ts';
import { maximumDepth } from './messagepack-scan.ts';
import type { HubMessage } from './messages.ts';

const protocol = createMessagePackProtocol();

const write = (item: unknown): Uint8Array =>
  protocol.write({ type: 'stream-item', invocationId: '7', item }) as Uint8Array;

function read(wire: Uint8Array | string, limitBytes = 1e6): HubMessage | undefined {
  const reader = protocol.createReader(limitBytes);
  reader.push(wire);
  return reader.next();
}

function roundTrip(item: unknown): unknown {
  const message = read(write(item));
  assert.ok(message?.type === 'stream-item');
  return message.item;
}

/** A frame around a body. */
const frame = (...body: number[]): Uint8Array => {
  assert.ok(body.length < 128);
  return Uint8Array.of(body.length, ...body);
};
const item = (...value: number[]): number[] => [0x94, 2, 0x80, 0xa1, 0x37, ...value];

const refuses = (code: string) => (error: unknown) => error instanceof HubServerError && error.code === code;

const isUnreadable = (message: HubMessage | undefined): boolean =>
  message?.type === 'stream-item' && message.bindingError?.code === 'invalid-arguments' && message.item === undefined;

describe('sizes in MessagePack', () => {
  test('§8.5 a message may have as many bytes as the limit says, its length included', () => {
    const wire = write('x'.repeat(100));
    assert.ok(read(wire, wire.length));
    assert.throws(() => read(wire, wire.length - 1), refuses('message-too-large'));
  });

  test('§8.5 a length over the limit is refused before its bytes come', () => {
    assert.throws(() => read(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07), 32_768), refuses('message-too-large'));
    assert.throws(() => read(Uint8Array.of(0x80, 0x80, 0x02, 0x94), 32_768), refuses('message-too-large'));
  });

  test('§8.5 a length that is announced reserves nothing', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 100 }, () => protocol.createReader(Number.POSITIVE_INFINITY));
    for (const reader of readers) {
      reader.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07));
      assert.equal(reader.next(), undefined);
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
  });

  test('§6.1 lengths of one to four bytes', () => {
    for (const length of [10, 200, 20_000, 2_200_000]) {
      const wire = write('x'.repeat(length));
      const message = read(wire, 3e6);
      assert.ok(message?.type === 'stream-item');
      assert.equal((message.item as string).length, length);
    }
  });

  test('what one message needed is not kept for the next one', () => {
    write('x'.repeat(3_000_000));
    const small = write('x');
    assert.equal(small.buffer.byteLength, small.length);
  });
});

describe('hostile MessagePack', () => {
  test('a nest of arrays that each declare as many elements as they can', () => {
    const body = [...item()];
    for (let depth = 0; depth < 20; depth += 1) body.push(0xdd, 0, 0, 0, 100);
    assert.ok(isUnreadable(read(frame(...body))));
  });

  test(`values are nested ${maximumDepth} levels deep at most, in both directions`, () => {
    const nest = (levels: number): unknown => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level += 1) value = [value];
      return value;
    };
    assert.deepEqual(roundTrip(nest(maximumDepth - 1)), nest(maximumDepth - 1));
    assert.ok(isUnreadable(read(write(nest(maximumDepth)))));
    assert.throws(() => write(nest(maximumDepth + 10)), /Too deep/);
  });

  test('bytes that are no message, one of each', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      try {
        read(frame(byte));
      } catch (error) {
        assert.ok(refuses('invalid-message')(error), String(error));
      }
    }
  });

  test('keys named as parts of objects are plain properties', () => {
    const value = JSON.parse('{"constructor":{"prototype":{"isAdmin":true}},"toString":1,"hasOwnProperty":2}');
    assert.deepEqual(roundTrip(value), value);
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
  });

  test('a timestamp of an impossible length', () => {
    assert.ok(isUnreadable(read(frame(...item(0xd5, 0xff, 0, 0)))));
  });

  test('text that is no UTF-8 is read as something, and ends at its end', () => {
    const message = read(frame(...item(0x92, 0xa1, 0xf0, 0xa1, 0x41)));
    assert.ok(message?.type === 'stream-item');
    assert.equal((message.item as string[])[1], 'A');
  });
});

describe('values', () => {
  test('64-bit integers are numbers where that is exact, and bigints elsewhere', () => {
    const wire = frame(...item(0x92, 0xd3, 0, 0, 0, 0, 0, 0, 0, 5, 0xcf, 0xff, 0, 0, 0, 0, 0, 0, 0));
    const message = read(wire);
    assert.ok(message?.type === 'stream-item');
    assert.deepEqual(message.item, [5, 0xff00000000000000n]);
    assert.deepEqual(roundTrip({ deep: [{ id: 2n ** 60n, at: 2 ** 40, when: new Date(5), n: -3n }] }), {
      deep: [{ id: 2n ** 60n, at: 2 ** 40, when: new Date(5), n: -3 }],
    });
  });

  test('a number beside a bigint is written as it would be without', () => {
    assert.deepEqual([...write([2 ** 40, 2n ** 60n])].slice(7, 16), [...write([2 ** 40])].slice(7, 16));
  });

  test('a bigint of more than 64 bits cannot be written', () => {
    assert.throws(() => write(2n ** 64n), RangeError);
    assert.throws(() => write(-(2n ** 63n) - 1n), RangeError);
  });

  test('what MessagePack has no form for is written as JSON would write it', () => {
    const value = {
      url: new URL('http://h/'),
      fn: () => {},
      none: undefined,
      list: [undefined, () => {}, Symbol('s')],
      never: new Date(Number.NaN),
      deep: { toJSON: () => ({ a: 1 }) },
      map: new Map([[1, 2]]),
    };
    assert.deepEqual(roundTrip(value), JSON.parse(JSON.stringify(value)));
    assert.equal(roundTrip(undefined), null);
    assert.equal(
      roundTrip(() => {}),
      null,
    );
  });

  test('bytes of every kind of view, and of an ArrayBuffer', () => {
    const bytes = Uint8Array.of(9, 1, 2, 3, 9);
    const expected = Uint8Array.of(1, 2, 3);
    for (const view of [
      bytes.subarray(1, 4),
      Buffer.from(expected),
      new DataView(bytes.buffer, 1, 3),
      expected.buffer,
    ]) {
      assert.deepEqual(roundTrip(view), expected);
    }
  });

  test('bytes that arrive hold no more than their message', () => {
    const wire = Buffer.concat([write(Uint8Array.of(1, 2)), Buffer.alloc(50_000)]);
    const message = read(wire);
    assert.ok(message?.type === 'stream-item');
    assert.ok((message.item as Uint8Array).buffer.byteLength < 20);
    wire.fill(0);
    assert.deepEqual(message.item, Uint8Array.of(1, 2));
  });

  test('extension values go through as they are', () => {
    assert.deepEqual(roundTrip(new ExtData(5, Uint8Array.of(1, 2, 3))), new ExtData(5, Uint8Array.of(1, 2, 3)));
  });

  test('a value that contains itself cannot be written', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    assert.throws(() => write(cycle), /Too deep/);
    const withBigint: Record<string, unknown> = { n: 1n };
    withBigint.self = withBigint;
    assert.throws(() => write(withBigint), RangeError);
  });

  test('§4.1 a text frame is bytes all the same', () => {
    assert.throws(() => read('\u0001\u0006'), refuses('invalid-message'));
  });
});
