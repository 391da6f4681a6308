// Stateful reconnect (§9) and slow consumers: what a client finds that was cut off, while more was sent to it than its buffers
// hold, policy by policy. Each comes back, or tries to.
import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { defineHub, type HubOptions, HubServerError } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { bareClient, refusedUpgrade } from './bare-client.ts';
import { host, negotiate } from './host.ts';

interface Client {
  price(share: string, value: number, filler: string): void;
}

const last = 199;
const all = Array.from({ length: last + 1 }, (_, n) => n);
const filler = 'x'.repeat(100);
const limits: Partial<HubOptions> = {
  applicationMaxBufferSize: 1_000,
  statefulReconnectBufferSize: 1_000,
  maximumBufferedBytes: 5_000,
};

async function open(t: TestContext, options: Partial<HubOptions>) {
  const events: string[] = [];
  const errors: unknown[] = [];
  const hub = defineHub<Client>()({
    methods: { echo: (_call, value: unknown) => value },
    onConnected: () => void events.push('connected'),
    onDisconnected: (_call, error) => {
      events.push('disconnected');
      errors.push(error);
    },
  });
  const { url, hubs } = await host(t, hub, { endpoint: { allowStatefulReconnects: true, ...limits, ...options } });
  const { connectionToken } = await negotiate(`${url}/hub`, '?negotiateVersion=1&useStatefulReconnect=true');
  const address = `${url}/hub?id=${connectionToken}`;
  const client = await bareClient(t, address);
  client.send('{"protocol":"json","version":2}');
  assert.equal(await client.next(), '{}');
  client.socket.terminate();
  await client.closed;
  let sent = 0;
  /** Shares in turn; who has to wait, waits. */
  const sending = (async () => {
    for (const n of all) {
      const told = hubs.context(hub).clients.all.price(n % 2 === 0 ? 'even' : 'odd', n, filler);
      sent += 1;
      await (options.slowConsumer === 'wait' ? told : turn());
    }
  })();
  // Until all is sent, or nothing more goes out.
  for (let before = -1, quiet = 0; quiet < 20; quiet = before === sent ? quiet + 1 : 0) {
    before = sent;
    await turn();
  }
  return { t, address, hubs, events, errors, sending, sent: () => sent };
}

type Away = Awaited<ReturnType<typeof open>>;

/** What it finds when it is back, and acknowledges; then a call of its own. */
async function comeBack({ t, address }: Away): Promise<number[]> {
  const client = await bareClient(t, address);
  assert.equal(await client.next(), '{"type":9,"sequenceId":1}');
  client.send('{"type":9,"sequenceId":1}');
  const seen: number[] = [];
  while (seen.at(-1) !== last) {
    const { type, arguments: args } = JSON.parse(await client.next()) as { type: number; arguments: [string, number] };
    if (type !== 1) continue;
    seen.push(args[1]);
    client.send(`{"type":8,"sequenceId":${seen.length}}`);
  }
  client.send('{"type":1,"invocationId":"1","target":"echo","arguments":["back"]}');
  let heard = await client.next();
  while (heard.startsWith('{"type":8')) heard = await client.next();
  assert.equal(heard, '{"type":3,"invocationId":"1","result":"back"}');
  return seen;
}

const table: readonly (readonly [
  policy: HubOptions['slowConsumer'],
  finds: string,
  check: (away: Away) => Promise<void>,
])[] = [
  [
    'drop-oldest',
    'the newest, in order, once',
    async away => {
      assert.equal(away.sent(), all.length);
      const seen = await comeBack(away);
      assert.ok(seen.length > 20 && seen.length < 60, `${seen.length} messages fit into 5,000 bytes`);
      assert.deepEqual(seen.slice(-20), all.slice(-20));
      assert.deepEqual(
        seen,
        [...new Set(seen)].sort((a, b) => a - b),
      );
    },
  ],
  [
    'latest-by-key',
    'the latest of each key behind what had a number already',
    async away => {
      assert.equal(away.sent(), all.length);
      const seen = await comeBack(away);
      assert.ok(seen.length < 20, `${seen.length} messages`);
      assert.deepEqual(seen.slice(-2), [last - 1, last]);
      // What was numbered before the buffer was full is not taken back.
      assert.deepEqual(seen.slice(0, -2), all.slice(0, seen.length - 2));
    },
  ],
  [
    'wait',
    'everything: who sends waits for it meanwhile',
    async away => {
      assert.ok(away.sent() < 20, `${away.sent()} messages went out while the client was away`);
      assert.deepEqual(await comeBack(away), all);
      await away.sending;
    },
  ],
  [
    'disconnect',
    'that it was given up',
    async ({ address, hubs, events, errors }) => {
      await waitFor('the end', () => hubs.connectionCount === 0);
      assert.deepEqual(events, ['connected', 'disconnected']);
      assert.ok(errors[0] instanceof HubServerError);
      assert.equal(errors[0].code, 'slow-consumer');
      assert.equal((await refusedUpgrade(address)).status, 404);
    },
  ],
];

describe('a client of stateful reconnect that is away, and slow for that', () => {
  after(leakCheck());
  for (const [slowConsumer, finds, check] of table) {
    test(`§9.5 ${slowConsumer}: it finds ${finds}`, async t => {
      const slowConsumerKey = (_target: string, [share]: readonly unknown[]): string => String(share);
      const away = await open(t, { slowConsumer, slowConsumerKey });
      await check(away);
      if (slowConsumer !== 'disconnect') assert.deepEqual(away.events, ['connected']);
      await away.sending;
    });
  }
});
