// What one sees who follows everything: what is there, what comes and goes, and the death of the agent as a pause.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BackgroundDownloader, type TransferRecord } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { startOrigin } from '@longhaul/testing/origin';
import { AgentHome } from './agent-home.ts';

const size = 1024 * 1024;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new AgentHome());
const origin = left.use(await startOrigin(size));
const agent = left.use(await home.connect());

const create = async (name: string) =>
  (await new BackgroundDownloader(agent).createDownload(`${origin.url}/${name}?size=${size}`, home.file(name))).id;

/** Notes what it is told, in order. */
function follow() {
  const told: string[] = [];
  const records = new Map<string, TransferRecord>();
  const following = agent.transfers.followAll({
    changed: record => {
      if (!records.has(record.id)) told.push(`new ${record.id}`);
      records.set(record.id, record);
    },
    removed: id => void told.push(`removed ${id}`),
    caughtUp: () => void told.push('caught up'),
    lost: () => void told.push('lost'),
    failed: error => void told.push(`failed ${error}`),
  });
  return { told, records, [Symbol.dispose]: () => following[Symbol.dispose]() };
}

test('who follows everything gets what is there, oldest first, then what comes and goes, over the death of the agent', async () => {
  const [first, second] = [await create('first'), await create('second')];
  using early = follow();
  await waitFor('the snapshot', () => early.told.includes('caught up'));
  assert.deepEqual(early.told, [`new ${first}`, `new ${second}`, 'caught up']);
  using late = follow();
  await waitFor('the snapshot of one that comes later', () => late.told.includes('caught up'));
  assert.deepEqual(late.told, early.told);

  const third = await create('third');
  await agent.transfers.remove(first);
  await waitFor('the removal', () => late.told.includes(`removed ${first}`));
  assert.deepEqual(late.told.slice(3), [`new ${third}`, `removed ${first}`]);

  await agent.transfers.start(second);
  await waitFor('bytes', () => (late.records.get(second)?.bytesReceived ?? 0) > 0);
  process.kill((await agent.getStatus()).pid, 'SIGKILL');
  await waitFor('the loss of the agent', () => late.told.includes('lost'));
  using meanwhile = follow();
  await waitFor('the end of the transfer', () => late.records.get(second)?.status === 'completed', {
    timeoutMs: 20_000,
  });
  assert.deepEqual(late.told.slice(5), ['lost', 'caught up']);
  assert.deepEqual(early.told, late.told);
  await waitFor('the snapshot of one that came while there was no agent', () => meanwhile.told.includes('caught up'));
  assert.deepEqual(meanwhile.told, [`new ${second}`, `new ${third}`, 'caught up'], 'unchanged ones included');
});

test('who has left is told no more, and leaving twice is leaving once', async () => {
  const gone = follow();
  using stays = follow();
  gone[Symbol.dispose]();
  gone[Symbol.dispose]();
  const id = await create('unseen');
  await waitFor('the new one', () => stays.told.includes(`new ${id}`));
  assert.deepEqual(gone.told, []);
});
