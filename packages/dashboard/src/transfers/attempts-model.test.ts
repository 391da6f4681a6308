import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixtureNow as now } from '../../test/fixtures/transfer-records.ts';
import { failedAttempts } from './attempts-model.ts';

const attempt = (secondsAgo: number, message: string) => ({
  at: now - secondsAgo * 1_000,
  error: { code: 'web-error', message, webErrorStatus: 'http-503' as const },
});

test('the latest stands first, in a whole sentence', () => {
  const [latest, first] = failedAttempts([attempt(60, 'the server answered 503'), attempt(5, 'it was cut off.')], now);
  assert.equal(latest?.what, 'It was cut off.');
  assert.equal(first?.what, 'The server answered 503.');
  assert.match(first?.when ?? '', /^\d\d:\d\d:\d\d$/);
});

test('the same failure in a row is told once, from when to when and how often', () => {
  const same = [
    attempt(60, 'it was busy'),
    attempt(30, 'it was busy'),
    attempt(10, 'it was gone'),
    attempt(5, 'it was busy'),
  ];
  const told = failedAttempts(same, now);
  assert.deepEqual(
    told.map(({ what, times }) => [what, times]),
    [
      ['It was busy.', 1],
      ['It was gone.', 1],
      ['It was busy.', 2],
    ],
  );
  assert.match(told[2]?.when ?? '', /^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/);
  assert.deepEqual(failedAttempts([], now), []);
});
