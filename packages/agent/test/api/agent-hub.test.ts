// The hub's own rules over a real hub server: who hears facts, and what a fault inside the agent tells its client.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { agentHubPath, LonghaulError, type TransferRecord } from '@longhaul/agent-protocol';
import { createHubServer } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import type { Caller } from '../../src/api/access.ts';
import { type AgentHubOptions, createAgentHub } from '../../src/api/agent-hub.ts';
import { Feed } from '../../src/api/feed.ts';
import type { Scope } from '../../src/scope.ts';
import { HubClient } from '../process/hub-client.ts';

after(leakCheck());

/** A hub whose doors do what the test says; the bearer token is the caller's name. */
async function openHub(t: TestContext, doors: Partial<AgentHubOptions>) {
  const folder = mkdtempSync(join(tmpdir(), 'lh-hub-'));
  const path = join(folder, 's');
  const logged: unknown[] = [];
  const refuse = () => Promise.reject(new Error('not part of this test'));
  const options = {
    now: () => 0,
    stop: () => {},
    renew: () => {},
    openDashboard: refuse,
    log: { error: (facts: object) => void logged.push(facts) },
    apps: { require: () => {} },
    ...doors,
  } as unknown as AgentHubOptions;
  const server = createServer();
  const hubs = createHubServer(server);
  const hub = createAgentHub(options);
  const scopes: Record<string, Scope> = {
    owner: { role: 'owner' },
    browser: { role: 'browser' },
    a: { role: 'app', app: 'a' },
  };
  hubs.map(agentHubPath, hub, {
    authorize: ({ request }) => {
      const name = request.headers.authorization?.slice('Bearer '.length) ?? '';
      const scope = scopes[name];
      const user: Caller | undefined = scope && { id: name, via: 'unix', scope };
      return user === undefined ? { allowed: false, status: 401 } : { allowed: true, user };
    },
  });
  const feed = new Feed();
  feed.attach(hubs.context(hub).clients);
  await new Promise<void>(resolve => server.listen(path, resolve));
  t.after(async () => {
    await hubs.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  const connect = async (name: string) => {
    const client = await HubClient.overSocket(path, name);
    t.after(() => client.close());
    return client;
  };
  return { connect, feed, logged };
}

const recordOf = (app: string): TransferRecord => ({ id: `${app}-1`, app }) as TransferRecord;
const transfersThat = (doors: object) => doors as AgentHubOptions['transfers'];

test('facts go to those who watch, and only to them', async t => {
  const { connect, feed } = await openHub(t, { transfers: transfersThat({ list: () => [] }) });
  const [owner, browser, app, silent] = await Promise.all(['owner', 'browser', 'a', 'owner'].map(connect));
  assert.ok(owner && browser && app && silent);
  for (const client of [owner, browser, app]) await client.invoke('watchTransfers');
  await silent.invoke('listTransfers');
  feed.publish({ type: 'changed', record: recordOf('b') });
  feed.publish({ type: 'changed', record: recordOf('a') });
  feed.publish({ type: 'removed', id: 'a-1', app: 'a' });
  const all = ['transferChanged b-1', 'transferChanged a-1', 'transferRemoved a-1'];
  const heard = (client: HubClient) =>
    client.events.map(
      ({ name, args }) => `${name} ${typeof args[0] === 'string' ? args[0] : (args[0] as TransferRecord).id}`,
    );
  await waitFor(
    'the facts to arrive',
    () => owner.events.length === 3 && browser.events.length === 3 && app.events.length === 2,
  );
  assert.deepEqual(heard(owner), all);
  assert.deepEqual(heard(browser), all);
  assert.deepEqual(heard(app), all.slice(1));
  await silent.invoke('listTransfers');
  assert.deepEqual(silent.events, []);
});

test('changed limits are told to everybody who watches; an app reads them and does not set them', async t => {
  const limits = { maxBytesPerSecond: 4_096, maxActive: 16 };
  const asked: unknown[] = [];
  const doors = { list: () => [], limits, setLimits: async (given: unknown) => void asked.push(given) };
  const { connect, feed } = await openHub(t, { transfers: transfersThat(doors) });
  const [owner, browser, app, silent] = await Promise.all(['owner', 'browser', 'a', 'owner'].map(connect));
  assert.ok(owner && browser && app && silent);
  const watchers = [owner, browser, app];
  for (const client of watchers) await client.invoke('watchTransfers');
  feed.publish({ type: 'limits', limits });
  await waitFor('the limits to arrive', () => watchers.every(client => client.events.length === 1));
  for (const client of watchers) {
    assert.deepEqual(client.events, [{ name: 'limitsChanged', args: [limits] }]);
    assert.deepEqual(await client.invoke('getLimits'), limits);
  }
  await assert.rejects(app.invoke('setLimits', limits), { code: 'access-denied' });
  const [badRates, badCounts] = [
    [1_023, 5_000.5, '2M'].map(maxBytesPerSecond => ({ maxBytesPerSecond })),
    [0, 257, 1.5, null].map(maxActive => ({ maxActive })),
  ];
  for (const bad of [...badRates, ...badCounts, { maxActive: 2, maxActivePerHost: 2 }, {}, null]) {
    await assert.rejects(owner.invoke('setLimits', bad), { code: 'invalid-argument' });
  }
  await browser.invoke('setLimits', { maxBytesPerSecond: null });
  await owner.invoke('setLimits', { maxActive: 256 });
  assert.deepEqual(asked, [{ maxBytesPerSecond: null }, { maxActive: 256 }]);
  assert.deepEqual(silent.events, []);
});

test('an error with a code crosses the wire with code and data; anything else stays in the log', async t => {
  const errors = [
    new LonghaulError('web-error', 'it failed', { data: { webErrorStatus: 'timeout' } }),
    new TypeError('/home/ann/secret'),
    'not even an error',
  ];
  const { connect, logged } = await openHub(t, {
    transfers: transfersThat({
      list: () => {
        throw errors.shift();
      },
    }),
  });
  const owner = await connect('owner');
  await assert.rejects(owner.invoke('listTransfers'), (error: Error & { code: string }) => {
    assert.equal(error.code, 'web-error');
    assert.match(error.message, /it failed[\s\S]*"webErrorStatus":"timeout"/);
    return true;
  });
  for (let n = 1; n <= 2; n++) {
    await assert.rejects(owner.invoke('listTransfers'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'internal');
      assert.doesNotMatch(error.message, /secret|TypeError|not even/);
      return true;
    });
    assert.equal(logged.length, n);
  }
});

test('a stop is answered before it happens', async t => {
  let stops = 0;
  const { connect } = await openHub(t, { stop: () => void stops++ });
  const owner = await connect('owner');
  assert.equal((await owner.invoke('stopAgent')) ?? null, null);
  assert.equal(stops, 1);
});

test('an app that is no longer registered does not get a connection', async t => {
  const { connect } = await openHub(t, {
    apps: {
      require: () => {
        throw new LonghaulError('not-found', 'no such app');
      },
    } as unknown as AgentHubOptions['apps'],
  });
  const app = await connect('a');
  await app.closed;
});
