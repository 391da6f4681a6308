import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMask, unmask, wordsOf } from './mask.ts';

const key = Buffer.of(0x37, 0xfa, 0x21, 0xbd);

test('masking is the XOR of RFC 6455 §5.3 at every length, alignment and phase', () => {
  for (const length of [0, 1, 3, 4, 63, 64, 130, 255, 256, 257, 258, 259, 1_001]) {
    for (let offset = 0; offset < 4; offset++) {
      for (let phase = 0; phase < 5; phase++) {
        const bytes = Buffer.alloc(length + offset + 3, 0x5a);
        const expected = Buffer.from(bytes);
        for (let i = 0; i < length; i++) expected[offset + i] = 0x5a ^ key[(i + phase) % 4]!;
        const again = Buffer.from(bytes);
        applyMask(bytes, offset, offset + length, key.readInt32LE(), phase);
        assert.ok(bytes.equals(expected), `length ${length}, offset ${offset}, phase ${phase}`);
        unmask(again, wordsOf(again), offset, offset + length, key.readInt32LE(), phase);
        assert.ok(again.equals(expected), `by words: length ${length}, offset ${offset}, phase ${phase}`);
      }
    }
  }
});

test('words are those of the bytes alone, also where these lie in the middle of a pool at an odd place', () => {
  for (let lead = 0; lead < 4; lead++) {
    const pool = Buffer.alloc(64, 0x11);
    const bytes = pool.subarray(8 + lead, 8 + lead + 33);
    unmask(bytes, wordsOf(bytes), 0, bytes.length, 0x2222_2222, 0);
    assert.ok(bytes.every(byte => byte === 0x33));
    assert.ok(
      pool.subarray(0, 8 + lead).every(byte => byte === 0x11),
      'nothing before them',
    );
    assert.ok(
      pool.subarray(8 + lead + 33).every(byte => byte === 0x11),
      'nothing behind them',
    );
  }
});

test('who unmasks says whether all is ASCII, wherever the one byte lies that is not', () => {
  for (const withWords of [false, true]) {
    for (let offset = 0; offset < 4; offset++) {
      for (let at = -1; at < 23; at++) {
        const bytes = Buffer.alloc(offset + 23 + 2, 0x80);
        for (let i = 0; i < 23; i++) bytes[offset + i] = (i === at ? 0xc3 : 0x61) ^ key[i % 4]!;
        const isAscii = unmask(
          bytes,
          withWords ? wordsOf(bytes) : undefined,
          offset,
          offset + 23,
          key.readInt32LE(),
          0,
        );
        assert.equal(isAscii, at === -1, `offset ${offset}, byte ${at}, words ${withWords}`);
      }
    }
  }
});
