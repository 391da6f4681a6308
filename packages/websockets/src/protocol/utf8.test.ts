import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteSplits } from '@longhaul/testing';
import { checkUtf8, utf8Invalid, utf8Start } from './utf8.ts';

const check = (pieces: readonly Uint8Array[]) => {
  let state = utf8Start;
  for (const piece of pieces) {
    state = checkUtf8(state, piece);
    if (state === utf8Invalid) return 'invalid';
  }
  return state === utf8Start ? 'valid' : 'cut';
};

test('texts of 6.5-6.23 that are valid stay valid however they are cut', () => {
  const texts = [
    '',
    'Hello',
    '\0',
    'κόσμε',
    '\u0080',
    '\u07ff',
    '\u0800',
    '\uffff',
    '\ufffe',
    '\u{10000}',
    '\u{10ffff}',
    '\ud7ff',
    '\ue000',
  ];
  for (const text of texts) {
    for (const pieces of byteSplits(Buffer.from(text))) assert.equal(check(pieces), 'valid', text);
  }
});

test('texts of 6.5-6.23 that are invalid are noticed however they are cut', () => {
  const texts = [
    '80',
    'bf',
    'c0af',
    'c1bf',
    'e080af',
    'e09fbf',
    'f08080af',
    'f08fbfbf',
    'eda080',
    'edbfbf',
    'eda080edb080',
    'f4908080',
    'f5808080',
    'f888808080',
    'fc8480808080',
    'fe',
    'ff',
    'c320',
    'e28228',
    'f0288cbc',
    'f09028bc',
    'f0908c28',
  ];
  for (const text of texts) {
    for (const pieces of byteSplits(Buffer.from(text, 'hex'))) assert.equal(check(pieces), 'invalid', text);
  }
});

test('a text that ends inside a character is neither', () => {
  for (const text of ['c3', 'e2', 'e282', 'f0', 'f090', 'f0908c', '48656c6c6fe282']) {
    for (const pieces of byteSplits(Buffer.from(text, 'hex'))) assert.equal(check(pieces), 'cut', text);
  }
});

test('bytes that can never become valid are noticed at once (6.4: F4 then 90)', () => {
  assert.equal(check([Buffer.from('f4', 'hex')]), 'cut');
  assert.equal(check([Buffer.from('f490', 'hex')]), 'invalid');
  assert.equal(check([Buffer.from('cebae1bdb9cf83cebcceb5f4', 'hex'), Buffer.from('90', 'hex')]), 'invalid');
});

test('agrees with TextDecoder on every sequence of one, two and (sampled) four bytes', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const isValid = (bytes: Uint8Array) => {
    try {
      decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const interesting = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
  ];
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) {
      const bytes = Buffer.of(a, b);
      assert.equal(check([bytes]) === 'valid', isValid(bytes));
    }
  }
  for (const a of interesting) {
    for (const b of interesting) {
      for (const c of interesting) {
        for (const d of interesting) {
          const bytes = Buffer.of(a, b, c, d);
          assert.equal(check([bytes]) === 'valid', isValid(bytes), bytes.toString('hex'));
          assert.equal(
            check([bytes.subarray(0, 2), bytes.subarray(2)]) === 'valid',
            isValid(bytes),
            bytes.toString('hex'),
          );
        }
      }
    }
  }
});
