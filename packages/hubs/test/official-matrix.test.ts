// One day in the life of an application, by the official client over every transport in every protocol that it carries:
// redirected at negotiate, with an access token and a header of its own, it calls, fails, streams, cancels, answers, loses
// its connection and comes back.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { defineHub, HubError, type HubUser, parseHubError } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { HttpTransportType, type IHubProtocol, JsonHubProtocol, Subject } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import { host, officialClient } from './host.ts';

interface Client {
  note(value: unknown): void;
  question(n: number): number;
}

const canceled: string[] = [];
const hub = defineHub<Client, HubUser>()({
  methods: {
    echo: (_call, value: unknown) => value,
    who: call => [call.userIdentifier ?? null, call.request.headers['x-tenant'] ?? null],
    where: call => new URL(call.request.url ?? '', 'http://x').searchParams.get('tenant'),
    fail() {
      throw new HubError('no such thing', { code: 'not-found', data: { id: 7 } });
    },
    join: (call, name: string) => call.groups.add(call.connectionId, name),
    ask: (call, n: number) => call.clients.caller.invoke.question(n),
    async *count(_call, to: number) {
      for (let n = 0; n < to; n += 1) yield { n };
    },
    async *until(call) {
      try {
        for (let n = 0; !call.signal.aborted; n += 1) {
          yield n;
          await new Promise(resolve => setImmediate(resolve));
        }
      } finally {
        canceled.push(call.connectionId);
      }
    },
    async *double(_call, numbers: AsyncIterable<number>) {
      for await (const n of numbers) yield n * 2;
    },
    async sum(_call, first: number, numbers: AsyncIterable<number>) {
      let sum = first;
      for await (const n of numbers) sum += n;
      return sum;
    },
  },
});

const ways: readonly (readonly [HttpTransportType, () => IHubProtocol])[] = [
  [HttpTransportType.WebSockets, () => new JsonHubProtocol()],
  [HttpTransportType.WebSockets, () => new MessagePackHubProtocol()],
  [HttpTransportType.ServerSentEvents, () => new JsonHubProtocol()],
  [HttpTransportType.LongPolling, () => new JsonHubProtocol()],
  [HttpTransportType.LongPolling, () => new MessagePackHubProtocol()],
];

describe('the official client, every transport and protocol', () => {
  after(leakCheck());
  for (const [transport, createProtocol] of ways) {
    const protocol = createProtocol();
    test(`${HttpTransportType[transport]} and ${protocol.name}`, async t => {
      const target = await host(t, hub, {
        endpoint: {
          disconnectTimeoutMs: 1_000,
          authorize: ({ accessToken, negotiated }) => {
            const id = accessToken ?? negotiated?.id;
            return id === 'ann' ? { allowed: true, user: { id } } : { allowed: false, status: 401 };
          },
        },
      });
      const { url } = await host(t, hub, {
        endpoint: { onNegotiate: () => ({ url: `${target.url}/hub?tenant=7`, accessToken: 'ann' }) },
      });
      const connection = officialClient(t, `${url}/hub`, { transport, headers: { 'x-tenant': '7' } }, builder =>
        builder.withHubProtocol(protocol).withAutomaticReconnect([0, 0, 0]),
      );
      const notes: unknown[] = [];
      connection.on('note', value => notes.push(value));
      connection.on('question', (n: number) => {
        if (n < 0) throw new Error('from callback');
        return n + 1;
      });
      await connection.start();

      assert.deepEqual(await connection.invoke('who'), ['ann', '7']);
      assert.equal(await connection.invoke('where'), '7');
      const value = { text: 'é😀\n', list: [1, null, { deep: true }] };
      assert.deepEqual(await connection.invoke('echo', value), value);
      const error = await connection.invoke('fail').catch((thrown: unknown) => thrown);
      assert.deepEqual(parseHubError(error), { message: 'no such thing', code: 'not-found', data: { id: 7 } });
      await assert.rejects(connection.invoke('nope'), { message: "Unknown hub method 'nope'" });

      assert.deepEqual(await collect(connection.stream('count', 3)), [{ n: 0 }, { n: 1 }, { n: 2 }]);
      const numbers = new Subject<number>();
      const sum = connection.invoke('sum', 10, numbers);
      for (let n = 1; n <= 20; n += 1) numbers.next(n);
      numbers.complete();
      assert.equal(await sum, 220);
      const halves = new Subject<number>();
      const doubled = collect(connection.stream('double', halves));
      halves.next(21);
      halves.complete();
      assert.deepEqual(await doubled, [42]);
      canceled.length = 0;
      const subscription = connection.stream<number>('until').subscribe({
        next: n => {
          if (n === 3) subscription.dispose();
        },
        error: () => {},
        complete: () => {},
      });
      await waitFor('the stream to be canceled', () => canceled.length === 1);

      assert.equal(await connection.invoke('ask', 20), 21);
      await assert.rejects(connection.invoke('ask', -1), /HubException: Error: from callback$/);

      await connection.invoke('join', 'room');
      const before = connection.connectionId;
      const reconnected = new Promise(resolve => connection.onreconnected(resolve));
      // Every TCP connection is cut.
      const lost = new Promise(resolve => connection.onreconnecting(resolve));
      for (const socket of target.sockets) socket.destroy();
      await Promise.all([lost, reconnected]);
      assert.notEqual(connection.connectionId, before);
      await waitFor('the end of the first', () => target.hubs.connectionCount === 1);
      await target.hubs.context(hub).clients.group('room').note('for the first one');
      await target.hubs.context(hub).clients.user('ann').note('for Ann');
      await waitFor('the note', () => notes.length > 0);
      assert.deepEqual(notes, ['for Ann']);
    });
  }
});

function collect<T>(stream: {
  subscribe(observer: { next(value: T): void; error(error: unknown): void; complete(): void }): unknown;
}): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const items: T[] = [];
    stream.subscribe({ next: item => items.push(item), error: reject, complete: () => resolve(items) });
  });
}
