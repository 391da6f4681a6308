import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { digestOf } from './digest-fields.ts';
import { ResponseHead } from './response-head.ts';

const hash = (name: string, encoding: 'base64' | 'hex') => createHash(name).update('film').digest(encoding);
const sha256 = { algorithm: 'sha-256', expected: hash('sha256', 'hex') };
const sha512 = { algorithm: 'sha-512', expected: hash('sha512', 'hex') };
const of = (fields: Record<string, string>, status = 200) => digestOf(new ResponseHead(status, Object.entries(fields)));
const repr256 = `sha-256=:${hash('sha256', 'base64')}:`;
const repr512 = `sha-512=:${hash('sha512', 'base64')}:`;

test('Repr-Digest is a dictionary: known algorithms are taken, others and parameters passed over', () => {
  assert.deepEqual(of({ 'Repr-Digest': repr256 }), sha256);
  assert.deepEqual(of({ 'repr-digest': `unixsum=:MQ==:, ${repr512};q=1` }), sha512);
  assert.deepEqual(of({ 'repr-digest': `${repr512}, ${repr256}` }), sha256, 'the cheaper one');
});

test('Digest of older servers is taken where there is no Repr-Digest, in any case', () => {
  assert.deepEqual(of({ Digest: `SHA-256=${hash('sha256', 'base64')},md5=abc=` }), sha256);
  assert.deepEqual(of({ Digest: `sha-512=${hash('sha512', 'base64')}` }), sha512);
  assert.deepEqual(of({ Digest: `sha-512=${hash('sha512', 'base64')}`, 'Repr-Digest': repr256 }), sha256);
});

test('what is malformed, too short, weak or not there says nothing', () => {
  const bad = [
    '',
    'sha-256',
    'sha-256=x',
    'sha-256=:AAAA:',
    `${repr256.slice(0, -4)}!!!:`,
    'md5=:1B2M2Y8AsgTpgAmY7PhCfg==:',
    '=,=:',
  ];
  for (const value of bad) assert.equal(of({ 'Repr-Digest': value }), null, value);
  for (const value of ['', 'SHA-256=AAAA', 'SHA-256', `SHA-1=${hash('sha1', 'base64')}`]) {
    assert.equal(of({ Digest: value }), null, value);
  }
  assert.equal(of({}), null);
});

test('only a 200 that is not encoded tells of the file that we store', () => {
  assert.equal(of({ 'Repr-Digest': repr256 }, 206), null);
  assert.equal(of({ 'Repr-Digest': repr256, 'Content-Encoding': 'gzip' }), null);
  assert.deepEqual(of({ 'Repr-Digest': repr256, 'Content-Encoding': 'identity' }), sha256);
});
