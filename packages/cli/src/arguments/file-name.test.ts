import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileNameFromUrl } from './file-name.ts';

const name = (url: string) => fileNameFromUrl(new URL(url));

test('the name is the last segment of the path, decoded, without query and fragment', () => {
  assert.equal(name('https://host/a/film.mp4?token=1#t'), 'film.mp4');
  assert.equal(name('https://host/a/Schlo%C3%9F%20am%20Meer.mp4'), 'Schloß am Meer.mp4');
  assert.equal(name('https://host/100%.txt'), '100%.txt');
});

test('a URL that names nothing gives a plain name', () => {
  for (const url of [
    'https://host',
    'https://host/',
    'https://host/a/',
    'https://host/..',
    'https://host/%2e%2e',
    'https://host/...',
  ]) {
    assert.equal(name(url), 'download', url);
  }
});

test('no name leaves the folder, hides, or looks like an option', () => {
  assert.equal(name('https://host/..%2f..%2fetc%2fpasswd'), 'passwd');
  assert.equal(name('https://host/..%5c..%5cevil.exe'), 'evil.exe');
  assert.equal(name('https://host/.bashrc'), 'bashrc');
  assert.equal(name('https://host/-rf'), 'rf');
  assert.equal(name('https://host/%20%20.ssh'), 'ssh');
  assert.equal(name('https://host/a%2f..'), 'download');
});

test('controls, NUL, line breaks and text that turns its direction are replaced', () => {
  assert.equal(name('https://host/a%00b%0ac%1b%5b31m'), 'a_b_c_[31m');
  assert.equal(name('https://host/photo%E2%80%AEgpj.exe'), 'photo_gpj.exe');
  assert.equal(name('https://host/C:evil'), 'C_evil');
});

test('a long name is cut at a character, keeps a short extension and leaves room for the part file', () => {
  const long = name(`https://host/${encodeURIComponent('ü'.repeat(300))}.tar`);
  assert.ok(Buffer.byteLength(long) <= 195);
  assert.match(long, /^ü+\.tar$/u);
  assert.ok(Buffer.byteLength(name(`https://host/a.${'x'.repeat(400)}`)) <= 195);
});
