// What one hears who follows the agent's limits: what holds, every change whoever made it, also over the agent's death.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Agent, TransferLimitsRecord } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { AgentHome } from './agent-home.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new AgentHome());
const owner = left.use(await home.connect());
const app = left.use(await home.connect({ app: 'com.example.curious' }));

function follow(agent: Agent) {
  const heard: TransferLimitsRecord[] = [];
  const failures: unknown[] = [];
  const following = agent.transfers.followLimits({
    changed: limits => void heard.push(limits),
    failed: error => void failures.push(error),
  });
  const hears = (limits: TransferLimitsRecord) =>
    waitFor(JSON.stringify(limits), () => heard.at(-1)?.maxActive === limits.maxActive, { timeoutMs: 20_000 });
  return { heard, failures, hears, [Symbol.dispose]: () => following[Symbol.dispose]() };
}

const limitsOf = (maxActive: number): TransferLimitsRecord => ({ maxBytesPerSecond: null, maxActive });

test('what holds comes first, then every change, to owner and app alike, once each, over the death of the agent', async () => {
  using own = follow(owner);
  using apps = follow(app);
  for (const follower of [own, apps]) await follower.hears(limitsOf(16));
  await owner.transfers.setLimits({ maxActive: 4 });
  for (const follower of [own, apps]) await follower.hears(limitsOf(4));
  process.kill((await owner.getStatus()).pid, 'SIGKILL');
  await owner.transfers.setLimits({ maxActive: 5 });
  for (const follower of [own, apps]) await follower.hears(limitsOf(5));
  assert.deepEqual(own.heard, [limitsOf(16), limitsOf(4), limitsOf(5)]);
  assert.deepEqual(apps.heard, own.heard);
  assert.ok(own.heard.every(Object.isFrozen));
  assert.deepEqual([...own.failures, ...apps.failures], []);
});

test('who has left hears nothing more; disposing the connection is told to those who have not', async () => {
  const gone = follow(owner);
  gone[Symbol.dispose]();
  gone[Symbol.dispose]();
  const brief = await home.connect();
  using stays = follow(brief);
  await stays.hears(limitsOf(5));
  await owner.transfers.setLimits({ maxActive: 6 });
  await stays.hears(limitsOf(6));
  assert.deepEqual(gone.heard, []);
  await brief[Symbol.asyncDispose]();
  await waitFor('the end to be told', () => stays.failures.length > 0);
  assert.equal((stays.failures[0] as { code?: string }).code, 'detached');
  assert.equal(stays.failures.length, 1);
});
