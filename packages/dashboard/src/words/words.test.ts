import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesInWords, percentOf, rateInWords } from './amounts.ts';
import { agoInWords, spanInWords, timeLeftInWords, untilInWords } from './durations.ts';
import { addressInWords, fileInWords, hostInWords } from './place-words.ts';

test('bytes have a unit of 1024, one decimal below 100 and none above', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [99.94 * 1024, '99.9 KiB'],
    [99.96 * 1024, '100 KiB'],
    [1023.4 * 1024, '1023 KiB'],
    [1023.6 * 1024, '1.0 MiB'],
    [1.5 * 1024 ** 3, '1.5 GiB'],
    [5 * 1024 ** 6, '5120 PiB'],
    [-1, '0 B'],
  ];
  for (const [bytes, words] of cases) assert.equal(bytesInWords(bytes), words);
  assert.equal(rateInWords(2048), '2.0 KiB/s');
});

test('percent is rounded down and 100 means all', () => {
  assert.equal(percentOf(0, 10), 0);
  assert.equal(percentOf(9999, 10_000), 99);
  assert.equal(percentOf(10_000, 10_000), 100);
  assert.equal(percentOf(11_000, 10_000), 100);
});

test('spans have two units at most', () => {
  const cases: [number, string][] = [
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [4 * 86_400_000 + 3 * 3_600_000, '4 d 3 h'],
  ];
  for (const [ms, words] of cases) assert.equal(spanInWords(ms), words);
  assert.equal(agoInWords(1000, 2500), 'just now');
  assert.equal(agoInWords(0, 12_000), '12 s ago');
  assert.equal(untilInWords(10_000, 9_900), '1 s');
  assert.equal(untilInWords(10_000, 20_000), '1 s');
  assert.equal(untilInWords(10_000, 5_500), '5 s');
});

test('the time left is coarser the further away the end is', () => {
  const cases: [number, string][] = [
    [0, 'a few seconds left'],
    [12_000, 'about 15 s left'],
    [54_000, 'about 55 s left'],
    [70_000, 'about a minute left'],
    [91_000, '2 min left'],
    [3_599_000, '1 h left'],
    [5_400_000, '1 h 30 min left'],
    [40 * 86_400_000, 'more than a month left'],
  ];
  for (const [ms, words] of cases) assert.equal(timeLeftInWords(ms), words);
});

test('an address is shown without password, query and fragment', () => {
  assert.equal(hostInWords('http://127.0.0.1:8080/x'), '127.0.0.1:8080');
  assert.equal(
    addressInWords('https://ada:secret@example.com/a/b.bin?token=secret#x'),
    'https://example.com/a/b.bin?…',
  );
  assert.equal(hostInWords('not a url'), 'not a url');
});

test('a file has a name, a folder, and an ending that stays when the name is shortened', () => {
  const file = fileInWords('/home/ada/Videos/a-rather-long-name-of-a-film-2026.mp4');
  assert.equal(file.folder, '/home/ada/Videos');
  assert.equal(file.head + file.tail, file.name);
  assert.equal(file.tail, 'ilm-2026.mp4');
  assert.deepEqual([fileInWords('/x.bin').folder, fileInWords('/x.bin').head], ['/', 'x.bin']);
});

test('letters of several code points are not cut apart', () => {
  const name = '👩‍👩‍👧'.repeat(30);
  assert.equal(fileInWords(`/t/${name}`).tail, '👩‍👩‍👧'.repeat(12));
});

test('characters that turn a name around or hide part of it become visible', () => {
  assert.equal(fileInWords('/t/evil\u202Efdp.exe').name, 'evil\uFFFDfdp.exe');
  assert.equal(fileInWords('/t/two\nlines').name, 'two\uFFFDlines');
});
