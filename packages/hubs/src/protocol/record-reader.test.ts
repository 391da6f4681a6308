import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { byteSplits } from '@longhaul/testing';
import { RecordReader } from './record-reader.ts';

function records(pieces: readonly (string | Uint8Array)[], limit = 1_000): string[] {
  const reader = new RecordReader(limit);
  const found: string[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let record = reader.next(); record !== undefined; record = reader.next()) found.push(record);
  }
  return found;
}

describe('the record reader', () => {
  test('finds the same records in bytes and in text, wherever they are cut', () => {
    const text = 'a\u001e\u001eé€😀\u001elast\u001erest';
    const expected = ['a', '', 'é€😀', 'last'];
    assert.deepEqual(records([text]), expected);
    for (const pieces of byteSplits(Buffer.from(text))) assert.deepEqual(records(pieces), expected);
    for (let at = 1; at < text.length; at += 1) {
      if (/[\ud800-\udbff]/.test(text[at - 1]!)) continue;
      assert.deepEqual(records([text.slice(0, at), text.slice(at)]), expected);
      assert.deepEqual(records([Buffer.from(text.slice(0, at)), text.slice(at)]), expected);
    }
  });

  test('§8.5 takes a record of exactly the limit, its separator included, and none larger', () => {
    const exact = `${'x'.repeat(9)}\u001e`;
    const larger = `${'x'.repeat(10)}\u001e`;
    for (const asPieces of [
      (text: string) => [text],
      (text: string) => [Buffer.from(text)],
      (text: string) => [...text],
    ]) {
      assert.deepEqual(records(asPieces(exact), 10), ['x'.repeat(9)]);
      assert.throws(() => records(asPieces(larger), 10), { code: 'message-too-large' });
    }
  });

  test('§8.5 counts bytes, not characters', () => {
    assert.deepEqual(records(['€€€\u001e'], 10), ['€€€']);
    assert.throws(() => records(['€€€x\u001e'], 10), { code: 'message-too-large' });
  });

  test('§8.5 refuses a record without an end as soon as it is over the limit', () => {
    assert.throws(() => records(['x'.repeat(10)], 10), { code: 'message-too-large' });
    assert.throws(
      () =>
        records(
          Array.from({ length: 10 }, () => Buffer.from('x')),
          10,
        ),
      { code: 'message-too-large' },
    );
  });

  test('the limit is for one record, not for what arrives at once', () => {
    assert.equal(records([`${'x'.repeat(9)}\u001e`.repeat(1_000)], 10).length, 1_000);
  });

  test('refuses bytes that are not UTF-8', () => {
    assert.throws(() => records([Buffer.of(0xff, 0x1e)]), { code: 'invalid-message' });
    assert.throws(() => records([Buffer.of(0xc3), Buffer.of(0x1e)]), { code: 'invalid-message' });
  });

  test('a byte sent alone does not keep the large chunk alive that it came in', () => {
    const reader = new RecordReader(1_000);
    const chunk = Buffer.from('abc');
    reader.push(chunk);
    assert.equal(reader.next(), undefined);
    chunk.fill(0x78);
    reader.push('\u001e');
    assert.equal(reader.next(), 'abc');
  });

  test('gives what stands behind a record to whoever goes on', () => {
    const reader = new RecordReader(1_000);
    reader.push('one\u001etwo\u001eth');
    assert.equal(reader.next(), 'one');
    assert.equal(Buffer.from(reader.takeRest()).toString(), 'two\u001eth');
    assert.equal(reader.next(), undefined);
    assert.equal(reader.hasPartialRecord, false);
  });
});
