// Seeded SIGKILLs of agent, keeper and app, at random moments and around every named step (DESIGN "Promises").
// A sample here; `npm run soak` runs hundreds. LONGHAUL_SEED repeats a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@longhaul/testing';
import { startOrigin } from '@longhaul/testing/origin';
import { transferSteps } from '../../packages/agent/src/steps.ts';
import { crashRound } from './round.ts';

const random = seededRandom();
const { seed } = random;

test(`nothing is lost when agent, keeper and app are killed at random moments (seed ${seed})`, async t => {
  await using origin = await startOrigin(1_500_000, { isRatePerConnection: true });
  let kills = 0;
  for (let round = 0; round < 5; round += 1) {
    const report = await crashRound(seed + round, null, origin, 6);
    kills += report.kills.length;
  }
  t.diagnostic(`seed ${seed}: ${kills} kills in 5 rounds, ${origin.resumed} requests continued`);
  assert.ok(kills > 0);
  assert.ok(origin.mostAtOnce > 1, 'several connections brought one file');
});

test(`nothing is lost when the agent dies before or after a named step (seed ${seed})`, async t => {
  await using origin = await startOrigin(4_000_000, { isRatePerConnection: true });
  const all = transferSteps.flatMap(step => [`before:${step}`, `after:${step}`]);
  const chosen = all
    .map(aim => ({ aim, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, 10);
  let hits = 0;
  for (const { aim } of chosen) {
    const report = await crashRound(seed, aim, origin, 0);
    if (report.wasHit) hits += 1;
  }
  t.diagnostic(`seed ${seed}: ${hits} of ${chosen.length} aimed steps were met`);
  assert.ok(hits > 0);
});
