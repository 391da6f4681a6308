// No output of one connection can reach another (decision 011). Every byte sent on a connection names it, clients stop
// reading so that the kernel and the flow control of HTTP/2 take writes in parts, and every byte that arrives is checked.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { leakCheck, seededRandom, waitFor } from '@longhaul/testing';
import { broadcast, type ServerOptions, type WebSocketConnection } from '@longhaul/websockets';
import type { TestServer } from './echo-server.ts';
import { RawClient, seen } from './raw-client.ts';
import { openRaw, serveOn, type TestTransport, transports } from './transports.ts';

after(leakCheck());

const lengths = [0, 1, 20, 125, 130, 500, 1_030, 5_000, 16_383, 16_384, 70_000, 200_000];
const nameless = 0xff;

interface Pair {
  readonly socket: WebSocketConnection;
  readonly client: RawClient;
  readonly expected: string[];
}

/** Clients and their connections in the same order: one is accepted after the other. */
async function pairs(open: () => Promise<RawClient>, accepted: WebSocketConnection[], count: number): Promise<Pair[]> {
  const all: Pair[] = [];
  for (let i = 0; i < count; i++) {
    const client = await open();
    const socket = await waitFor('the connection', () => accepted[i]);
    all.push({ socket, client, expected: [] });
  }
  return all;
}

async function serveHolding(transport: TestTransport, options: ServerOptions = {}) {
  const accepted: WebSocketConnection[] = [];
  const server = await serveOn(transport, options, async socket => {
    accepted.push(socket);
    await socket.closed;
  });
  return { server, accepted };
}

/** Sends on two connections whose clients read nothing, in turns, until the kernel takes no more of either. */
async function fillTwo(all: readonly Pair[]): Promise<void> {
  const two = all.slice(0, 2);
  for (const { client } of two) client.socket.pause();
  while (two.some(({ socket }) => socket.bufferedBytes === 0)) {
    for (const [id, { socket, expected }] of two.entries()) {
      const bytes = Buffer.alloc(10_000, 0x41 + id);
      for (let i = 0; i < 10; i++) {
        void socket.send(bytes);
        expected.push(seen(2, bytes));
      }
    }
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  }
}

/** Sends on all at once, in all sizes and forms, while clients stop and go; then checks what each of them got. */
async function sendAndCheck(all: readonly Pair[], random: ReturnType<typeof seededRandom>): Promise<void> {
  for (let round = 0; round < 40; round++) {
    if (round === 20) await fillTwo(all);
    for (const [id, { socket, client, expected }] of all.entries()) {
      const turn = random.below(6);
      if (turn === 0) client.socket.pause();
      else if (turn === 1) client.socket.resume();
      const length = random.pick(lengths);
      const bytes = Buffer.alloc(length, 0x41 + id);
      const form = random.below(4);
      if (form === 0) void socket.send(bytes.toString('latin1'));
      else if (form === 1) void socket.send(bytes);
      else if (form === 2) void socket.ping(bytes.subarray(0, 125));
      if (form === 0) expected.push(seen(1, bytes));
      else if (form === 1) expected.push(seen(2, bytes));
      else if (form === 2) expected.push(seen(9, bytes.subarray(0, 125)));
    }
    if (random.below(5) === 0) {
      // Shared by all of them, and so nobody's.
      const shared = Buffer.alloc(random.pick(lengths), nameless);
      const sockets = all.map(({ socket }) => socket);
      assert.equal(broadcast(sockets, shared), all.length);
      for (const { expected } of all) expected.push(seen(2, shared));
    }
    if (random.below(3) === 0) await new Promise(setImmediate);
  }
  for (const { client } of all) client.socket.resume();
  for (const [id, { client, expected }] of all.entries()) {
    await client.received(expected.length);
    assert.equal(client.frames.length, expected.length);
    for (const [i, frame] of client.frames.entries()) {
      assert.ok(frame === expected[i], `connection ${id} got at ${i} what was not sent to it`);
    }
  }
}

describe('bytes of one connection never reach another', () => {
  for (const transport of transports) {
    test(`on ${transport.name}`, async t => {
      const random = seededRandom();
      t.diagnostic(`LONGHAUL_SEED=${random.seed}`);
      const { server, accepted } = await serveHolding(transport);
      await using _ = server;
      const all = await pairs(() => openRaw(transport, server), accepted, 8);
      await sendAndCheck(all, random);
      for (const { client } of all) client[Symbol.dispose]();
    });
  }

  test('as streams of one session', async t => {
    const random = seededRandom();
    t.diagnostic(`LONGHAUL_SEED=${random.seed}`);
    const transport = transports.find(({ name }) => name === 'HTTP/2') as TestTransport;
    const { server, accepted } = await serveHolding(transport);
    await using _ = server;
    const first = transport.dial(server);
    using __ = first;
    const open = async () => {
      const client = accepted.length === 0 ? first : new RawClient(first.session);
      await client.handshake();
      return client;
    };
    await sendAndCheck(await pairs(open, accepted, 8), random);
  });

  test('mixed: one broadcast list of connections on all transports', async t => {
    const random = seededRandom();
    t.diagnostic(`LONGHAUL_SEED=${random.seed}`);
    const servers: TestServer[] = [];
    const all: Pair[] = [];
    try {
      for (const transport of transports) {
        const { server, accepted } = await serveHolding(transport);
        servers.push(server);
        all.push(...(await pairs(() => openRaw(transport, server), accepted, 2)));
      }
      await sendAndCheck(all, random);
    } finally {
      for (const { client } of all) client[Symbol.dispose]();
      for (const server of servers) await server[Symbol.asyncDispose]();
    }
  });
});
