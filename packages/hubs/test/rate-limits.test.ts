// Rate limits of a connection, on virtual time.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { after, describe, test } from 'node:test';
import { createHubServer, defineHub, HubServerError, parseHubError } from '@longhaul/hubs';
import { createTestHub } from '@longhaul/hubs/testing';
import { leakCheck, waitFor } from '@longhaul/testing';

const calls: number[] = [];
const hub = defineHub()({
  methods: {
    echo: (_call, n: number) => {
      calls.push(n);
      return n;
    },
    async sum(_call, items: AsyncIterable<number>) {
      let sum = 0;
      for await (const item of items) sum += item;
      return sum;
    },
  },
});

const codeOf = (error: unknown): unknown => parseHubError(error)?.code;
const outcome = (call: Promise<unknown>): Promise<unknown> => call.then(value => value, codeOf);

describe('rate limits', () => {
  after(leakCheck());

  test('over the limit a call fails with rate-limited, of unknown methods too; time gives tokens back', async () => {
    await using tested = createTestHub(hub, { rateLimit: { perSecond: 2, burst: 3 } });
    const client = await tested.connect();
    const other = await tested.connect();
    const first = await Promise.all([1, 2, 3, 4].map(n => outcome(client.invoke('echo', n))));
    assert.deepEqual(first, [1, 2, 3, 'rate-limited']);
    assert.equal(await outcome(client.invoke('nope')), 'rate-limited');
    assert.equal(await outcome(other.invoke('echo', 5)), 5, 'every connection has a limit of its own');
    tested.advance(1_000);
    assert.deepEqual(await Promise.all([1, 2, 3].map(n => outcome(client.invoke('echo', n)))), [1, 2, 'rate-limited']);
  });

  test('a call that nobody waits for is dropped; signs of life cost nothing', async () => {
    await using tested = createTestHub(hub, { rateLimit: { perSecond: 1 } });
    const client = await tested.connect();
    calls.length = 0;
    for (let n = 0; n < 50; n += 1) client.ping();
    await client.send('echo', 7);
    const limited: unknown[] = [];
    const onLimited = (facts: unknown): void => void limited.push(facts);
    subscribe('longhaul.hubs.message.limited', onLimited);
    await client.send('echo', 8);
    await waitFor('the call to be refused', () => limited.length > 0);
    unsubscribe('longhaul.hubs.message.limited', onLimited);
    assert.deepEqual(limited, [{ hub: 'hub', connectionId: client.connectionId, type: 'invocation' }]);
    tested.advance(1_000);
    assert.equal(await client.invoke('echo', 9), 9);
    assert.deepEqual(calls, [7, 9]);
  });

  test('an upload over the limit ends with it', async () => {
    await using tested = createTestHub(hub, { rateLimit: { perSecond: 1, burst: 4 } });
    const client = await tested.connect();
    async function* items(): AsyncGenerator<number> {
      for (let n = 0; n < 10; n += 1) yield n;
    }
    assert.equal(await outcome(client.invoke('sum', items())), 'rate-limited');
  });

  test('wait: nothing is refused, everything takes its time', async () => {
    await using tested = createTestHub(hub, { rateLimit: { perSecond: 100, burst: 1, exceeded: 'wait' } });
    const client = await tested.connect();
    const started = performance.now();
    assert.deepEqual(await Promise.all([1, 2, 3].map(n => client.invoke('echo', n))), [1, 2, 3]);
    assert.ok(performance.now() - started >= 15, 'the second and the third call waited for their turn');
  });

  test('disconnect: the client reads why, and may come back', async () => {
    await using tested = createTestHub(hub, { rateLimit: { perSecond: 1, exceeded: 'disconnect' } });
    const client = await tested.connect();
    await client.send('echo', 1);
    await client.send('echo', 2);
    const close = await client.closed;
    assert.equal(close?.allowReconnect, true);
    assert.equal(codeOf(close?.error), 'rate-limited');
  });

  test('limits that cannot be are refused at once', () => {
    for (const rateLimit of [
      { perSecond: 0 },
      { perSecond: 1, burst: 0.5 },
      { perSecond: 1, exceeded: 'x' as never },
    ]) {
      assert.throws(
        () => createHubServer(createServer(), { rateLimit }),
        (error: unknown) => error instanceof HubServerError && error.code === 'invalid-option',
      );
    }
  });
});
