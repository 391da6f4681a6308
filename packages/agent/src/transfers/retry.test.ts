import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaults } from './options.ts';
import { decideRetry, type FailedAttempt, parseRetryAfter } from './retry.ts';

const rules = { retryDelaysMs: [1_000, 5_000, 30_000], maxRetryAfterMs: 600_000 };
const failed: FailedAttempt = {
  failedBefore: 0,
  hasProgressed: false,
  isRetryable: true,
  isOffline: false,
  retryAfterMs: null,
};
const middle = 0.5;

test('the numbers are those of BT-130 (5 minutes), BT-131 (2 minutes) and BT-132 (3 retries)', () => {
  assert.deepEqual([defaults.connectTimeoutMs, defaults.responseTimeoutMs], [5 * 60_000, 2 * 60_000]);
  assert.equal(defaults.retryDelaysMs.length, 3);
  assert.ok(Object.isFrozen(defaults) && Object.isFrozen(defaults.retryDelaysMs));
});

test('three retries, each later than the one before, then no more (BT-132), on a virtual clock', () => {
  let now = 0;
  let failedBefore = 0;
  const startedAt: number[] = [];
  for (;;) {
    const decision = decideRetry(rules, { ...failed, failedBefore }, now, middle);
    if (decision.kind !== 'retry') {
      assert.deepEqual(decision, { kind: 'give-up', failedAttempts: 4 });
      break;
    }
    startedAt.push(decision.retryAt);
    now = decision.retryAt;
    failedBefore = decision.failedAttempts;
  }
  assert.deepEqual(startedAt, [1_000, 6_000, 36_000]);
});

test('chance spreads a wait by a tenth to either side', () => {
  const at = (chance: number) => decideRetry(rules, failed, 0, chance);
  assert.deepEqual(
    [at(0), at(0.999_999)].map(decision => decision.kind === 'retry' && decision.retryAt),
    [900, 1_100],
  );
});

test('progress makes the count start anew', () => {
  const decision = decideRetry(rules, { ...failed, failedBefore: 3, hasProgressed: true }, 0, middle);
  assert.deepEqual(decision, { kind: 'retry', retryAt: 1_000, failedAttempts: 1 });
});

test('without a network nothing is counted, however often (BT-133)', () => {
  for (const failedBefore of [0, 3, 9]) {
    const decision = decideRetry(rules, { ...failed, failedBefore, isOffline: true }, 0, middle);
    assert.deepEqual(decision, { kind: 'wait-for-network', failedAttempts: failedBefore });
  }
});

test('what cannot help is not tried again', () => {
  assert.equal(decideRetry(rules, { ...failed, isRetryable: false }, 0, middle).kind, 'give-up');
});

test('Retry-After makes the wait longer, never shorter, and is bounded', () => {
  const waitFor = (retryAfterMs: number) => {
    const decision = decideRetry(rules, { ...failed, retryAfterMs }, 0, middle);
    return decision.kind === 'retry' ? decision.retryAt : undefined;
  };
  assert.deepEqual([waitFor(0), waitFor(20_000), waitFor(86_400_000)], [1_000, 20_000, 600_000]);
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);
  const cases: [string | undefined, number | null][] = [
    [undefined, null],
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    ['1e3', null],
    ['99999999999', null],
  ];
  for (const [value, expected] of cases) {
    test(`${value}: ${expected}`, () => assert.equal(parseRetryAfter(value, now), expected));
  }
});
