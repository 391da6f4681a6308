import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LonghaulError } from '@longhaul/agent-protocol';
import { defaults } from './options.ts';
import { followUp } from './outcomes.ts';

const circumstances = { rules: defaults, isLoopback: false, isOnline: true, now: 1_000, chance: 0.5 };
const row = { failedAttempts: 0 };
const failure = (webErrorStatus: string, isRetryable = true) =>
  ({
    kind: 'web-failure',
    error: new LonghaulError('web-error', 'no', { data: { webErrorStatus } }),
    isRetryable,
    retryAfterMs: null,
    hasProgressed: false,
    patch: { statusCode: 500 },
  }) as const;

test('a failure that may pass is tried again, with what was learned and the new count', () => {
  const { event, patch } = followUp(row, failure('connection-reset'), circumstances);
  assert.deepEqual([event.name, patch], ['fail-attempt', { statusCode: 500, failedAttempts: 1 }]);
  assert.equal(event.name === 'fail-attempt' && event.retryAt, 2_000);
});

test('without a network a failure on the way waits for it; a reset does not; loopback never does', () => {
  const offline = { ...circumstances, isOnline: false };
  assert.equal(followUp(row, failure('host-name-not-resolved'), offline).event.name, 'lose-network');
  assert.equal(followUp(row, failure('http-500'), offline).event.name, 'fail-attempt');
  assert.equal(followUp(row, failure('cannot-connect'), { ...offline, isLoopback: true }).event.name, 'fail-attempt');
});

test('the end of patience and what cannot pass are errors whose part file goes', () => {
  for (const outcome of [
    followUp({ failedAttempts: 3 }, failure('timeout'), circumstances),
    followUp(row, failure('http-404', false), circumstances),
  ]) {
    assert.deepEqual([outcome.event.name, outcome.patch.discardsPart], ['fail', true]);
  }
});

test('what a person can repair on the disk is held, the rest is an error', () => {
  const fileFailure = (
    code: 'disk-full' | 'target-not-writable' | 'target-folder-missing' | 'file-too-large' | 'file-changed',
  ) =>
    followUp(row, { kind: 'file-failure', error: new LonghaulError(code, 'no'), patch: {} }, circumstances).event.name;
  assert.deepEqual(
    ['disk-full', 'target-not-writable', 'target-folder-missing'].map(code => fileFailure(code as 'disk-full')),
    ['hold', 'hold', 'hold'],
  );
  assert.deepEqual([fileFailure('file-too-large'), fileFailure('file-changed')], ['fail', 'fail']);
});
