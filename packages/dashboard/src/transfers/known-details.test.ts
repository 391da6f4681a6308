import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixtureNow as now, transferRecord } from '../../test/fixtures/transfer-records.ts';
import { isToBeAsked } from './known-details.ts';

const running = transferRecord({ revision: 7 });
const known = (at: number, id = running.id) => ({
  details: { id, ranges: [], attempts: [], rateHistory: [] },
  revision: 7,
  at,
});

test('nothing known, or known of another transfer: asked at once', () => {
  assert.ok(isToBeAsked(running, null, now, 1_000));
  assert.ok(isToBeAsked(running, known(now, 'another'), now, 1_000));
});

test('one that runs is asked for at every interval, whether its record has changed or not', () => {
  assert.ok(!isToBeAsked({ ...running, revision: 8 }, known(now - 999), now, 1_000));
  assert.ok(isToBeAsked(running, known(now - 1_000), now, 1_000));
  assert.ok(isToBeAsked(running, known(now + 3_600_000), now, 1_000), 'a clock that was set back');
});

test('one that rests is asked for again only when its record has changed', () => {
  const paused = { ...running, status: 'paused-by-application' as const };
  assert.ok(!isToBeAsked(paused, known(now - 60_000), now, 1_000));
  assert.ok(isToBeAsked({ ...paused, revision: 8 }, known(now - 60_000), now, 1_000));
});
