// Writing: what leaves in which writes, who waits for whom, and that no byte of one connection can reach another.
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { after, describe, test } from 'node:test';
import { leakCheck, seededRandom, waitFor } from '@longhaul/testing';
import {
  broadcast,
  connectWebSocket,
  encodeMessage,
  type ServerOptions,
  type WebSocketConnection,
} from '@longhaul/websockets';
import type { TestServer } from './echo-server.ts';
import { frame, textSeen } from './raw-client.ts';
import { openRaw, serveOn, transports } from './transports.ts';

after(leakCheck());

for (const transport of transports) {
  describe(`on ${transport.name}`, () => {
    /** A server whose connections the test holds itself. */
    async function holding(
      options: ServerOptions = {},
    ): Promise<{ server: TestServer; accepted: WebSocketConnection[] }> {
      const accepted: WebSocketConnection[] = [];
      const server = await serveOn(transport, options, async socket => {
        accepted.push(socket);
        await socket.closed;
      });
      return { server, accepted };
    }

    const hasSettled = async (promise: Promise<unknown>) => {
      let settled = false;
      const mark = () => {
        settled = true;
      };
      promise.then(mark, mark);
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
      return settled;
    };

    /** Sends until a send has to wait; gives the promise of that send and how much was sent. */
    async function fill(
      socket: WebSocketConnection,
      bytes: number,
    ): Promise<{ waiting: Promise<string>; sent: number }> {
      for (let sent = bytes; ; sent += bytes) {
        assert.ok(sent < 256 * 1024 * 1024, 'the kernel takes everything');
        const waiting = socket.send(Buffer.alloc(bytes, 1));
        if (!(await hasSettled(waiting))) return { waiting, sent };
      }
    }

    describe('one write per tick', () => {
      test('sixteen messages sent in a tick, and their pongs, leave by one write', async t => {
        const { server, accepted } = await holding();
        await using _ = server;
        using raw = await openRaw(transport, server);
        const socket = await waitFor('the connection', () => accepted[0]);
        const writes = t.mock.method(Duplex.prototype, 'write');
        const texts = Array.from({ length: 16 }, (_, i) => `message ${i}`);
        const results = Promise.all(texts.map(text => socket.send(text)));
        assert.equal(writes.mock.callCount(), 0);
        assert.deepEqual(await results, Array(16).fill('sent'));
        assert.equal(writes.mock.callCount(), 1);
        writes.mock.restore();
        await raw.received(16);
        assert.deepEqual(raw.frames, texts.map(textSeen));
      });

      test('a handler that answers at every turn of its promises makes two writes, not one for each', async t => {
        const { promise: done, resolve } = Promise.withResolvers<void>();
        await using server = await serveOn(transport, {}, async socket => {
          for await (const message of socket) {
            const writes = t.mock.method(Duplex.prototype, 'write');
            const sends: Promise<unknown>[] = [];
            for (let turn = 0; turn < 16; turn++) {
              sends.push(socket.send(`${message.data} ${turn}`));
              await null;
            }
            await Promise.all(sends);
            assert.equal(writes.mock.callCount(), 2);
            writes.mock.restore();
            resolve();
          }
        });
        using raw = await openRaw(transport, server);
        await raw.send(frame(1, 'turn'));
        await raw.received(16);
        await done;
        assert.deepEqual(
          raw.frames,
          Array.from({ length: 16 }, (_, turn) => textSeen(`turn ${turn}`)),
        );
      });

      test('a broadcast reaches everybody, encoded once', async () => {
        const { server, accepted } = await holding();
        await using _ = server;
        const clients = await Promise.all(
          Array.from({ length: 20 }, () => connectWebSocket(server.url, transport.clientOptions())),
        );
        await waitFor('all connections', () => accepted.length === 20);
        await clients[7]!.close();
        assert.equal(
          await waitFor('one to be gone', () => accepted.filter(socket => socket.isOpen).length === 19),
          true,
        );
        for (let i = 0; i < 8; i++) assert.equal(broadcast(accepted, `news ${i}`), 19);
        for (const client of clients.filter(client => client.isOpen)) {
          for (let i = 0; i < 8; i++) assert.equal((await client.receive())?.data, `news ${i}`);
          await client.close();
        }
      });

      test('an encoded message can be sent by a client too, masked with a key of its own', async () => {
        await using server = await serveOn(transport);
        await using client = await connectWebSocket(server.url, transport.clientOptions());
        for (const length of [3, 200, 70_000]) {
          const message = encodeMessage('m'.repeat(length));
          void client.send(message);
          void client.send(message);
          for (let i = 0; i < 2; i++) assert.equal((await client.receive())?.data, 'm'.repeat(length));
        }
        assert.throws(() => encodeMessage(Buffer.of(0xff), { type: 'text' }), { code: 'invalid-text' });
      });
    });

    describe('a slow reader', () => {
      test('makes send() wait, and lets it go on when it reads again; nothing is lost', async () => {
        const { server, accepted } = await holding();
        await using _ = server;
        using raw = await openRaw(transport, server);
        const socket = await waitFor('the connection', () => accepted[0]);
        raw.socket.pause();
        const { waiting, sent } = await fill(socket, 1_048_576);
        assert.ok(socket.bufferedBytes > 0);
        const last = socket.send('last');
        assert.equal(await hasSettled(last), false);
        raw.socket.resume();
        assert.equal(await waiting, 'sent');
        assert.equal(await last, 'sent');
        assert.equal(socket.bufferedBytes, 0);
        await raw.received(sent / 1_048_576 + 1);
        assert.equal(raw.frames.at(-1), textSeen('last'));
        assert.ok(raw.frames.slice(0, -1).every(seen => seen.length === 2 + 2_097_152));
      });

      test('under `drop` misses messages and is told nothing else; bufferedBytes stays bounded', async () => {
        const { server, accepted } = await holding({ outputPolicy: 'drop', maxBufferedBytes: 100_000 });
        await using _ = server;
        using raw = await openRaw(transport, server);
        const socket = await waitFor('the connection', () => accepted[0]);
        raw.socket.pause();
        await fill(socket, 90_000);
        const dropped = await socket.send(Buffer.alloc(90_000));
        assert.equal(dropped, 'dropped');
        assert.ok(socket.bufferedBytes <= 190_000);
        raw.socket.resume();
        await waitFor('the buffer to drain', () => socket.bufferedBytes === 0);
        assert.equal(await socket.send('after'), 'sent');
        await waitFor('the last message', () => raw.frames.at(-1) === textSeen('after'));
      });

      test('under `close` is closed, and only it', async () => {
        const { server, accepted } = await holding({ outputPolicy: 'close', maxBufferedBytes: 100_000 });
        await using _ = server;
        using slow = await openRaw(transport, server);
        const slowSocket = await waitFor('the connection', () => accepted[0]);
        using quick = await openRaw(transport, server);
        const quickSocket = await waitFor('the other connection', () => accepted[1]);
        slow.socket.pause();
        const { waiting } = await fill(slowSocket, 90_000);
        await assert.rejects(slowSocket.send(Buffer.alloc(90_000)), { code: 'output-limit' });
        await assert.rejects(waiting, { code: 'output-limit' });
        assert.deepEqual(await slowSocket.closed, { code: 1_008, reason: '', clean: false });
        await quickSocket.send('fine');
        await quick.received(1);
        assert.deepEqual(quick.frames, [textSeen('fine')]);
      });

      test('that floods us with pings and never reads the pongs is not read any more', async () => {
        const { server, accepted } = await holding({ maxBufferedBytes: 10_000, maxControlFramesPerSecond: 1e9 });
        await using _ = server;
        using raw = await openRaw(transport, server);
        const socket = await waitFor('the connection', () => accepted[0]);
        raw.socket.pause();
        const flood = Buffer.concat(Array(8_000).fill(frame(9, Buffer.alloc(125, 1))));
        let isStuck = false;
        for (let i = 0; i < 100 && !isStuck; i++) {
          isStuck = !(await hasSettled(new Promise(resolve => raw.socket.write(flood, resolve))));
        }
        assert.ok(isStuck, 'we read on');
        assert.ok(socket.bufferedBytes < 3_000_000, `${socket.bufferedBytes} bytes of pongs are kept`);
      });
    });

    describe('a slow consumer', () => {
      test('slows the sender down, and gets everything in order when it goes on', async () => {
        const { server, accepted } = await holding();
        await using _ = server;
        const client = await connectWebSocket(server.url, transport.clientOptions());
        const socket = await waitFor('the connection', () => accepted[0]);
        let sent = 0;
        for (; sent < 10_000; sent++) {
          const text = `${sent} ${'x'.repeat(100_000)}`;
          if (!(await hasSettled(client.send(text)))) break;
        }
        assert.ok(sent < 10_000, 'the sender was never slowed down');
        for (let i = 0; i <= sent; i++) {
          const message = await socket.receive();
          assert.ok(message?.type === 'text' && message.data.startsWith(`${i} `));
        }
        await client.close();
      });

      test('does not hold up pings: they are answered behind one message that waits', async () => {
        const { server } = await holding();
        await using _ = server;
        using raw = await openRaw(transport, server);
        await raw.send(Buffer.concat([frame(9, 'a'), frame(1, 'waits')]));
        await raw.received(1);
        assert.deepEqual(raw.frames, ['10:61']);
      });

      test('notices the end of a peer that sends nothing, without receiving', async () => {
        const { server, accepted } = await holding();
        await using _ = server;
        const client = await connectWebSocket(server.url, transport.clientOptions());
        await client.close(1_000, 'bye');
        assert.equal((await accepted[0]!.closed).reason, 'bye');
      });
    });

    describe('the output of one connection', () => {
      test('never reaches another, whatever is sent on 40 of them at once and however slowly they read', async t => {
        const random = seededRandom();
        t.diagnostic(`LONGHAUL_SEED=${random.seed}`);
        const { server, accepted } = await holding();
        await using _ = server;
        const clients = await Promise.all(
          Array.from({ length: 40 }, () => connectWebSocket(server.url, transport.clientOptions())),
        );
        await waitFor('all connections', () => accepted.length === 40);
        const expected = await Promise.all(
          accepted.map(async (socket, id) => {
            // Every message names its connection in every byte; the client it belongs to checks them all.
            await socket.send(`${id}`);
            return [] as number[];
          }),
        );
        for (let round = 0; round < 60; round++) {
          for (const [id, socket] of accepted.entries()) {
            const length = random.pick([0, 1, 20, 130, 500, 1_030, 5_000, 17_000, 70_000]);
            if (random.below(3) === 0) continue;
            expected[id]!.push(length);
            const isText = random.below(2) === 0;
            void socket.send(isText ? String.fromCharCode(0x30 + id).repeat(length) : Buffer.alloc(length, 0x30 + id));
            if (random.below(10) === 0) void socket.ping(Buffer.alloc(5, id));
          }
          if (random.below(3) === 0) await new Promise(setImmediate);
        }
        await Promise.all(
          clients.map(async client => {
            const id = Number((await client.receive())?.data);
            for (const length of expected[id]!) {
              const message = await client.receive();
              const bytes = Buffer.from(message!.data as string);
              assert.equal(bytes.length, length);
              assert.ok(bytes.equals(Buffer.alloc(length, 0x30 + id)), `connection ${id} got bytes of another`);
              if (id % 4 === 0) await new Promise(setImmediate);
            }
            await client.close();
          }),
        );
      });

      test('is what was sent at the time, also when a small buffer is written to right after', async () => {
        await using server = await serveOn(transport);
        await using client = await connectWebSocket(server.url, transport.clientOptions());
        const bytes = Buffer.alloc(1_000, 1);
        void client.send(bytes);
        bytes.fill(2);
        assert.deepEqual((await client.receive())?.data, Buffer.alloc(1_000, 1));
      });
    });
  });
}
