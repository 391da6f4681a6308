// A sample of the story of the parked sockets (row 1 of the acceptance checklist, many times over); `npm run soak` tells 100,000
// wakes of it. LONGHAUL_SEED repeats a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSupportedHere } from '@longhaul/agent/kernel';
import { seededRandom } from '@longhaul/testing';
import { parkedStory } from './story.ts';

const { seed } = seededRandom();

test(`no byte is lost, doubled or out of order while app, task host and agent are killed (seed ${seed})`, {
  skip: !isSupportedHere(),
  timeout: 120_000,
}, async t => {
  const report = await parkedStory({ seed, wakes: 800, sockets: 40, wakesPerKill: 80 });
  t.diagnostic(JSON.stringify(report));
  assert.ok(report.wakes >= 800);
  assert.ok(report.handOvers > 0);
  assert.ok(Object.values(report.kills).reduce((sum, each) => sum + each, 0) >= 4);
});
