import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberedName, parseTarget, partName } from './target.ts';

const id = '12345678-aaaa-4bbb-8ccc-0123456789ab';

test('a target is a folder as given and one name', () => {
  assert.deepEqual(parseTarget('/home/me/../film.mp4'), { folder: '/home/me/..', name: 'film.mp4' });
  assert.deepEqual(parseTarget('/film'), { folder: '/', name: 'film' });
});

test('what cannot be a file has the code invalid-argument', () => {
  for (const file of [
    'film',
    './film',
    '',
    '/',
    '/a/',
    '/a/.',
    '/a/..',
    '/a\0b',
    '/\udc00',
    `/${'a'.repeat(256)}`,
    `/${'ä'.repeat(128)}`,
  ]) {
    assert.throws(() => parseTarget(file), { code: 'invalid-argument' }, JSON.stringify(file));
  }
});

test('a part name is hidden, says whose it is, and fits into 255 bytes without half a character', () => {
  assert.equal(partName('film.mp4', id), '.film.mp4.1234567889ab.longhaul.part');
  for (const name of ['a'.repeat(255), 'ä'.repeat(127), '😀'.repeat(63)]) {
    const part = partName(name, id);
    assert.ok(Buffer.byteLength(part) <= 255 && Buffer.byteLength(part) > 248, part);
    assert.ok(part.isWellFormed() && !part.includes('\ufffd'));
  }
});

test('numbers go before the extension, and names stay within 255 bytes', () => {
  assert.deepEqual(
    [0, 1, 12].map(number => numberedName('film.mp4', number)),
    ['film.mp4', 'film (1).mp4', 'film (12).mp4'],
  );
  assert.equal(numberedName('README', 1), 'README (1)');
  assert.equal(numberedName('.profile', 1), '.profile (1)');
  assert.equal(numberedName('a.an extension that is none', 1), 'a.an extension that is none (1)');
  const long = numberedName(`${'ä'.repeat(125)}.mp4`, 3);
  assert.ok(Buffer.byteLength(long) <= 255 && long.endsWith(' (3).mp4'), long);
});
