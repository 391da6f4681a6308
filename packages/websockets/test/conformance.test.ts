// The cases of websocket-conformance.md groups 1-7 and 10 on every transport, strict: NON-STRICT fails. Group 9
// is in conformance-sizes.test.ts, groups 12 and 13 are in deflate.test.ts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { leakCheck, singleBytes } from '@longhaul/testing';
import type { TestServer } from './echo-server.ts';
import { closeFrame, closeSeen, frame, seen, textSeen } from './raw-client.ts';
import { openRaw, serveOn, transports } from './transports.ts';

after(leakCheck());

/** The same bytes in one write, frame by frame, and byte by byte. */
function ways(frames: readonly Buffer[]): [string, Buffer[]][] {
  return [
    ['in one write', [Buffer.concat(frames)]],
    ['frame by frame', [...frames]],
    ['byte by byte', singleBytes(Buffer.concat(frames))],
  ];
}

const badFrames: [group: string, name: string, bad: Buffer][] = [];
for (const [opcode, what] of [
  [1, 'text'],
  [2, 'binary'],
  [8, 'close'],
  [9, 'ping'],
] as const) {
  for (let rsv = 1; rsv <= 7; rsv++) {
    const bad = frame(opcode, 'Hello');
    bad[0] = bad[0]! | (rsv << 4);
    badFrames.push(['3', `RSV ${rsv} on a ${what}`, bad]);
  }
}
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  badFrames.push(
    ['4', `reserved opcode ${opcode}`, frame(opcode)],
    ['4', `reserved opcode ${opcode} with payload`, frame(opcode, 'x')],
  );
}

const kosme = 'Hello-µ@ßöäüàá-UTF-8!!κόσμε';
const inFragments = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    frame(i === 0 ? 1 : 0, bytes.subarray(i * size, (i + 1) * size), (i + 1) * size >= bytes.length),
  );
const validTexts = [
  kosme,
  '\0',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\uffff',
  '\u{10000}',
  '\u{10ffff}',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '\ufffe',
  '\ufff9\ufffa\ufffb',
  ...Array.from({ length: 16 }, (_, plane) =>
    String.fromCodePoint((plane + 1) * 0x10000 + 0xfffe, (plane + 1) * 0x10000 + 0xffff),
  ),
];
const invalidTexts = [
  'cebae1bdb9cf83cebcceb5eda080656469746564',
  'cebae1bd',
  'f888808080',
  'f7bfbfbf',
  'fbbfbfbfbf',
  'fc8480808080',
  'fdbfbfbfbfbf',
  'f4908080',
  '80',
  'bf',
  '80bf',
  '80bf80bf80bf80',
  'c020',
  'c0',
  'e08000',
  'e080',
  'f0808000',
  'c3',
  'e282',
  'f09f92',
  'fe',
  'ff',
  'fefeffff',
  'c0af',
  'e080af',
  'f08080af',
  'f8808080af',
  'fc80808080af',
  'c1bf',
  'e09fbf',
  'f08fbfbf',
  'f887bfbfbf',
  'fc83bfbfbfbf',
  'c080',
  'e08080',
  'f0808080',
  'eda080',
  'edadbf',
  'edae80',
  'edafbf',
  'edb080',
  'edbe80',
  'edbfbf',
  'eda080edb080',
  'edafbfedbfbf',
];

for (const transport of transports) {
  describe(transport.name, () => {
    let server: TestServer;
    before(async () => {
      server = await serveOn(transport, { maxMessageBytes: 16 * 1024 * 1024, maxFragments: 65_537 });
    });
    after(() => server[Symbol.asyncDispose]());

    /** Echoes as expected, then close 1000 is answered and TCP ended by the server. */
    async function normalEnd(pieces: readonly Uint8Array[], expected: readonly string[]): Promise<void> {
      using client = await openRaw(transport, server);
      await client.send(...pieces);
      await client.received(expected.length);
      await client.send(closeFrame(1000));
      await client.ended();
      assert.deepEqual(client.frames, [...expected, closeSeen(1000)]);
    }

    /** What is owed for earlier frames, then a Close frame with the code and the end of TCP, all by the server. */
    async function failsAtOnce(pieces: readonly Uint8Array[], expected: readonly string[], code = 1002): Promise<void> {
      using client = await openRaw(transport, server);
      await client.send(...pieces);
      await client.ended();
      assert.deepEqual(client.frames, [...expected, closeSeen(code)]);
    }

    describe('1 framing', { concurrency: 8 }, () => {
      for (const length of [0, 125, 126, 127, 128, 65_535, 65_536]) {
        test(`text and binary of ${length} bytes are echoed`, async () => {
          const text = '*'.repeat(length);
          const bytes = Buffer.alloc(length, 0xfe);
          await normalEnd([frame(1, text)], [textSeen(text)]);
          await normalEnd([frame(2, bytes)], [seen(2, bytes)]);
        });
      }
      test('65,536 bytes written in 997-byte pieces are echoed', async () => {
        const text = 'abcdefgh'.repeat(8_192);
        const bytes = frame(1, text);
        const pieces = Array.from({ length: Math.ceil(bytes.length / 997) }, (_, i) =>
          bytes.subarray(i * 997, (i + 1) * 997),
        );
        await normalEnd(pieces, [textSeen(text)]);
      });
    });

    describe('2 pings and pongs', { concurrency: 8 }, () => {
      for (const payload of ['', 'Hello', Buffer.of(0, 0xff, 0xfe, 0xfd, 0xfc, 0), Buffer.alloc(125, 0xfe)]) {
        for (const [way, pieces] of ways([frame(9, payload)])) {
          test(`a ping of ${payload.length} bytes ${way} gets its pong`, () => normalEnd(pieces, [seen(10, payload)]));
        }
      }
      test('2.5 a ping of 126 bytes fails', () => failsAtOnce([frame(9, Buffer.alloc(126))], []));
      test('2.7-2.9 unasked pongs are ignored', () =>
        normalEnd([frame(10), frame(10, 'unsolicited'), frame(9, 'ping')], [seen(10, 'ping')]));
      const ten = Array.from({ length: 10 }, (_, i) => `payload-${i}`);
      for (const [way, pieces] of ways(ten.map(payload => frame(9, payload)))) {
        test(`2.10, 2.11 ten pings ${way} get ten pongs in order`, () =>
          normalEnd(
            pieces,
            ten.map(payload => seen(10, payload)),
          ));
      }
    });

    describe('3 reserved bits and 4 reserved opcodes', { concurrency: 8 }, () => {
      for (const [group, name, bad] of badFrames) {
        test(`${group} ${name} fails, alone`, () => failsAtOnce([bad], []));
        for (const [way, pieces] of ways([frame(1, 'good'), bad, frame(9)])) {
          test(`${group} ${name} ${way} fails after the echo owed, with the ping behind it unanswered`, () =>
            failsAtOnce(pieces, [textSeen('good')]));
        }
      }
    });

    describe('5 fragments', { concurrency: 8 }, () => {
      test('5.1, 5.2 a fragmented ping or pong fails', async () => {
        await failsAtOnce([frame(9, 'a', false), frame(0, 'b')], []);
        await failsAtOnce([frame(10, 'a', false), frame(0, 'b')], []);
      });
      for (const [way, pieces] of ways([frame(1, 'frag', false), frame(0, 'ment')])) {
        test(`5.3-5.5 a text in two parts ${way}`, () => normalEnd(pieces, [textSeen('fragment')]));
      }
      for (const [way, pieces] of ways([frame(1, 'frag', false), frame(9, 'ping'), frame(0, 'ment')])) {
        test(`5.6-5.8 a ping between the parts ${way} is answered first`, () =>
          normalEnd(pieces, [seen(10, 'ping'), textSeen('fragment')]));
      }
      for (const isFinal of [true, false]) {
        for (const [way, pieces] of ways([frame(0, 'nothing to continue', isFinal), frame(1, 'Hello')])) {
          test(`5.9-5.14 a ${isFinal ? 'final ' : ''}continuation of nothing ${way} fails`, () =>
            failsAtOnce(pieces, []));
        }
        for (const [way, pieces] of ways([
          frame(1, 'a', false),
          frame(0, 'b'),
          frame(0, 'c', isFinal),
          frame(1, 'd', false),
          frame(0, 'e'),
        ])) {
          test(`5.15-5.17 a ${isFinal ? 'final ' : ''}continuation after a good message ${way} fails after its echo`, () =>
            failsAtOnce(pieces, [textSeen('ab')]));
        }
      }
      for (const [way, pieces] of ways([frame(1, 'a', false), frame(1, 'b')])) {
        test(`5.18 a second text inside a message ${way} fails`, () => failsAtOnce(pieces, []));
      }
      test('5.19, 5.20 five parts with two pings: the first pong comes while the message is still open', async () => {
        using client = await openRaw(transport, server);
        await client.send(frame(1, '1', false), frame(0, '2', false), frame(9, 'first'));
        await client.received(1);
        assert.deepEqual(client.frames, [seen(10, 'first')]);
        await client.send(frame(0, '3', false), frame(0, '4', false), frame(9, 'second'), frame(0, '5'));
        await client.received(3);
        await client.send(closeFrame(1000));
        await client.ended();
        assert.deepEqual(client.frames, [seen(10, 'first'), seen(10, 'second'), textSeen('12345'), closeSeen(1000)]);
      });
    });

    describe('6 UTF-8', { concurrency: 8 }, () => {
      test('6.1 empty texts', async () => {
        await normalEnd([frame(1)], [textSeen('')]);
        await normalEnd([frame(1, '', false), frame(0, '', false), frame(0, '')], [textSeen('')]);
        await normalEnd([frame(1, '', false), frame(0, 'middle', false), frame(0, '')], [textSeen('middle')]);
      });
      for (const [i, text] of validTexts.entries()) {
        test(`6.2, 6.5-6.22 valid text ${i}, whole and with 1 byte per fragment`, async () => {
          await normalEnd([frame(1, text)], [textSeen(text)]);
          await normalEnd(inFragments(Buffer.from(text), 1), [textSeen(text)]);
        });
      }
      for (const hex of invalidTexts) {
        test(`6.3, 6.6-6.21 invalid text ${hex}, whole and with 1 byte per fragment, fails with 1007`, async () => {
          const bytes = Buffer.from(hex, 'hex');
          await failsAtOnce([frame(1, bytes)], [], 1007);
          await failsAtOnce(inFragments(bytes, 1), [], 1007);
        });
      }

      const start = Buffer.from('κόσμε');
      const bad = Buffer.from('f490', 'hex');
      const rest = Buffer.concat([Buffer.from('8080', 'hex'), Buffer.from('edited')]);
      test('6.4.1, 6.4.2 bad UTF-8 fails with its fragment, before the message ends', async () => {
        for (const tail of [bad, Buffer.concat([bad, Buffer.of(0x80)])]) {
          using client = await openRaw(transport, server);
          await client.send(frame(1, start, false));
          await client.send(frame(0, tail, false));
          await client.ended();
          assert.deepEqual(client.frames, [closeSeen(1007)]);
        }
      });
      test('6.4.3, 6.4.4 bad UTF-8 fails while its frame is still arriving', async () => {
        const whole = frame(1, Buffer.concat([start, bad, rest]));
        for (const arrived of [whole.length - rest.length, whole.length - rest.length + 1]) {
          using client = await openRaw(transport, server);
          await client.send(whole.subarray(0, 10), whole.subarray(10, arrived));
          await client.ended();
          assert.deepEqual(client.frames, [closeSeen(1007)]);
        }
      });
    });

    describe('7 closing', { concurrency: 8 }, () => {
      test('7.1 the echo comes before the answer to a close behind it', () =>
        endsWith([Buffer.concat([frame(1, 'Hello'), closeFrame(1000)])], [textSeen('Hello'), closeSeen(1000)]));
      for (const [what, late] of [
        ['a second close', closeFrame(1000)],
        ['a ping', frame(9)],
        ['a text', frame(1, 'late')],
      ] as const) {
        test(`7.1 ${what} after a close is ignored`, () =>
          endsWith([Buffer.concat([closeFrame(1000), late])], [closeSeen(1000)]));
      }
      test('7.1.5 half a message, then close: no echo', () =>
        endsWith([frame(1, 'half', false), closeFrame(1000), frame(0, 'rest')], [closeSeen(1000)]));
      test('7.1.6 256 KiB, a short text and close back to back end cleanly', async () => {
        using client = await openRaw(transport, server);
        await client.send(Buffer.concat([frame(1, 'B'.repeat(262_144)), frame(1, 'short'), closeFrame(1000)]));
        await client.ended();
        assert.equal(client.frames.at(-1), closeSeen(1000));
      });
      test('7.3 closes without code, with code, with reason', async () => {
        await endsWith([frame(8)], [seen(8)]);
        await endsWith([closeFrame(1000)], [closeSeen(1000)]);
        await endsWith([closeFrame(1000, 'Hello')], [closeSeen(1000)]);
        await endsWith([closeFrame(1000, '*'.repeat(123))], [closeSeen(1000)]);
      });
      test('7.3.2, 7.3.6 closes of 1 and of 126 bytes are refused', async () => {
        await endsWith([frame(8, 'a')], [closeSeen(1002)]);
        await endsWith([closeFrame(1000, '*'.repeat(124))], [closeSeen(1002)]);
      });
      test('7.5 a reason that is no UTF-8 is refused', () =>
        endsWith([closeFrame(1000, Buffer.from('cebae1bdb9eda080', 'hex'))], [closeSeen(1007)]));
      for (const code of [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
      ]) {
        test(`7.7 close ${code} is answered with itself`, () => endsWith([closeFrame(code)], [closeSeen(code)]));
      }
      for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]) {
        test(`7.9, 7.13 close ${code} is refused with 1002`, () => endsWith([closeFrame(code)], [closeSeen(1002)]));
      }

      /** The server sends exactly this and ends TCP within 1 s, also when the client keeps its own side open. */
      async function endsWith(pieces: readonly Uint8Array[], expected: readonly string[]): Promise<void> {
        using client = await openRaw(transport, server);
        await client.send(...pieces);
        await client.ended();
        assert.deepEqual(client.frames, expected);
      }
    });

    describe('10 fragmentation', () => {
      test('10.1 64 KiB in 1,300-byte fragments', async () => {
        const text = 'longhaul'.repeat(8_192);
        await normalEnd(inFragments(Buffer.from(text), 1_300), [textSeen(text)]);
      });
    });
  });
}
