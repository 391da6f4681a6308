import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixtureNow as now, transferRecord } from '../../test/fixtures/transfer-records.ts';
import { factsOf } from './transfer-details-model.ts';

const wordsOf = (given: Parameters<typeof transferRecord>[0], name: string) =>
  factsOf(transferRecord(given), now).find(fact => fact.name === name)?.words;

test('addresses stand there without what may be secret in them', () => {
  const given = { url: 'https://u:p@a.example/x?token=s3cret', actualUrl: 'https://b.example/y?sig=s3cret' };
  assert.equal(wordsOf(given, 'From'), 'https://a.example/x?…');
  assert.equal(wordsOf(given, 'Led on to'), 'https://b.example/y?…');
  assert.ok(!JSON.stringify(factsOf(transferRecord(given), now)).includes('s3cret'));
});

test('where no redirect led on, the address stands there once', () => {
  const url = 'https://a.example/x';
  assert.equal(wordsOf({ url, actualUrl: url }, 'Led on to'), undefined);
});

test('the whole path is what is copied, whatever characters it has', () => {
  const file = '/home/ada/\u202Egpj.exe';
  const fact = factsOf(transferRecord({ file }), now).find(({ name }) => name === 'File');
  assert.equal(fact?.copy, file);
  assert.equal(fact?.words, '/home/ada/\u{FFFD}gpj.exe');
});

test('what has not happened yet has no line', () => {
  const names = factsOf(transferRecord({ status: 'idle', startedAt: null, statusCode: null, isResumable: null }), now);
  assert.deepEqual(
    names.map(({ name }) => name),
    ['From', 'File', 'Added', 'Id'],
  );
});

test('the checksum says what came of it, and its digest can be copied', () => {
  const expected = 'ab'.repeat(32);
  const checksum = { algorithm: 'sha-256' as const, expected, source: 'request' as const, isVerified: false };
  const words = (given: Parameters<typeof transferRecord>[0]) => wordsOf({ checksum, ...given }, 'Checksum');
  assert.equal(words({}), 'compared as soon as all is here; as given when it was added');
  const verified = { ...checksum, source: 'origin' as const, isVerified: true };
  assert.equal(words({ status: 'completed', checksum: verified }), 'the file is the right one; as the server names it');
  const error = { code: 'integrity-failure', message: 'no', webErrorStatus: null };
  assert.match(words({ status: 'error', error }) ?? '', /^the bytes that came are not those of the file;/);
  assert.match(words({ status: 'canceled' }) ?? '', /^not compared;/);
  const digest = factsOf(transferRecord({ checksum }), now).find(({ name }) => name === 'SHA-256');
  assert.deepEqual([digest?.words, digest?.copy], [expected, expected]);
  assert.equal(wordsOf({}, 'Checksum'), undefined);
});

test('connections are told while there are any', () => {
  assert.equal(wordsOf({ connections: 4 }, 'Connections'), '4 at the same time');
  assert.equal(wordsOf({ connections: 1 }, 'Connections'), 'one');
  assert.equal(wordsOf({ status: 'error', connections: 0 }, 'Connections'), undefined);
});

test('the end says how long it took, the answer and the way on are in words', () => {
  const ended = { status: 'error', startedAt: now - 65_000, finishedAt: now - 5_000, statusCode: 404 } as const;
  assert.match(wordsOf(ended, 'Ended') ?? '', /\d\d:\d\d:\d\d, after 1 min$/);
  assert.equal(wordsOf(ended, 'Answer'), 'HTTP 404, not found');
  assert.equal(wordsOf({ statusCode: 299 }, 'Answer'), 'HTTP 299');
  assert.match(wordsOf({ isResumable: false }, 'Can continue') ?? '', /^no, /);
  assert.match(wordsOf({ isResumable: true }, 'Can continue') ?? '', /^yes, /);
});
