import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMask } from './mask.ts';

test('masking is the XOR of RFC 6455 §5.3 at every length, alignment and phase', () => {
  const key = Buffer.of(0x37, 0xfa, 0x21, 0xbd);
  for (const length of [0, 1, 3, 4, 63, 64, 130, 255, 256, 257, 258, 259, 1_001]) {
    for (let offset = 0; offset < 4; offset++) {
      for (let phase = 0; phase < 5; phase++) {
        const bytes = Buffer.alloc(length + offset + 3, 0x5a);
        const expected = Buffer.from(bytes);
        for (let i = 0; i < length; i++) expected[offset + i] = 0x5a ^ key[(i + phase) % 4]!;
        applyMask(bytes, offset, offset + length, key.readInt32LE(), phase);
        assert.ok(bytes.equals(expected), `length ${length}, offset ${offset}, phase ${phase}`);
      }
    }
  }
});
