// The same over TLS, where the kernel takes bytes later and in other portions than they were written.
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { leakCheck } from '@longhaul/testing';
import { acceptWebSocket, connectWebSocket, useWebSockets, type WebSocketConnection } from '@longhaul/websockets';
import { certificate } from './certificate.ts';

const checkLeaks = leakCheck();
let server: Server;
let url: string;
let ca: string;
let accept: (socket: WebSocketConnection) => Promise<void>;

before(async () => {
  ca = certificate().cert;
  server = createServer(certificate());
  useWebSockets(server);
  server.on('request', async (request, response) => {
    await using socket = await acceptWebSocket(request, response);
    await accept(socket);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `wss://localhost:${(server.address() as AddressInfo).port}/`;
});
after(async () => {
  await new Promise(resolve => server.close(resolve));
  await checkLeaks();
});

describe('over TLS', () => {
  test('messages of all sizes come back in order, also when many are queued at once', async () => {
    accept = async socket => {
      for await (const message of socket) void socket.send(message.data);
    };
    const client = await connectWebSocket(url, { tls: { ca } });
    const sent = [0, 10, 200, 16_384, 70_000, 900_000].flatMap(length => ['t'.repeat(length), Buffer.alloc(length, 7)]);
    for (const data of sent) void client.send(data);
    for (const data of sent) assert.deepEqual((await client.receive())?.data, data);
    assert.equal((await client.close(4_000, 'x')).code, 4_000);
  });

  test('send() waits for a peer that does not read, and goes on with it', async () => {
    const results: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    accept = async socket => {
      let isWaiting = false;
      for (let i = 0; i < 200 && !isWaiting; i++) {
        const sending = socket.send(Buffer.alloc(1_000_000, i));
        isWaiting = true;
        void sending.then(() => {
          isWaiting = false;
        });
        for (let turn = 0; turn < 20 && isWaiting; turn++) await new Promise(setImmediate);
        if (isWaiting) resolve();
        results.push(await sending);
      }
    };
    const client = await connectWebSocket(url, { tls: { ca } });
    await promise;
    let received = 0;
    for await (const message of client) {
      assert.deepEqual(message.data, Buffer.alloc(1_000_000, received));
      received += 1;
    }
    assert.ok(received > 0);
    assert.deepEqual(results, Array(received).fill('sent'));
  });

  test('a certificate that nobody vouches for is refused', async () => {
    await assert.rejects(connectWebSocket(url), { code: 'connect-failed' });
  });
});
