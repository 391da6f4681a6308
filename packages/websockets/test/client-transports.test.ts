// What a client brings along on every transport: compression in each combination, and a certificate of its own.
import assert from 'node:assert/strict';
import { createServer as createHttpsServer } from 'node:https';
import { after, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { leakCheck, seededRandom } from '@longhaul/testing';
import { acceptWebSocket, type CompressionOptions, connectWebSocket, type WebSocketServer } from '@longhaul/websockets';
import { certificate } from './certificate.ts';
import { listen, type TestServer } from './echo-server.ts';
import { serveOn, transports } from './transports.ts';

after(leakCheck());

const random = seededRandom(1_213);
const noise = random.bytes(131_072);
const json = JSON.stringify(Array.from({ length: 3_000 }, (_, id) => ({ id, name: `user ${id * 7_919}` })));
const sizes = [0, 16, 64, 256, 1_024, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072];
const contents: readonly ((length: number) => string | Buffer)[] = [
  length => json.slice(0, length),
  length => Buffer.alloc(length, Buffer.of(length % 251, 0, 0, 255)),
  length => 'Wer immer strebend sich bemüht. '.repeat(4_096).slice(0, length),
  length => noise.subarray(0, length),
];
/** The rows of 13.x, as both ends may want them. */
const wishes: readonly [row: string, ofServer: CompressionOptions, ofClient: CompressionOptions, agreed: RegExp][] = [
  ['13.1', {}, {}, /^permessage-deflate$/],
  ['13.2', { serverContextTakeover: false }, {}, /server_no_context_takeover/],
  ['13.3', {}, { serverMaxWindowBits: 9 }, /server_max_window_bits=9/],
  ['13.5', { serverContextTakeover: false }, { serverMaxWindowBits: 9 }, /server_max_window_bits=9/],
  ['no context of the client', {}, { clientContextTakeover: false }, /client_no_context_takeover/],
  ['a small window of the client', { clientMaxWindowBits: 9 }, {}, /client_max_window_bits=9/],
  ['everything compressed', { thresholdBytes: 0, level: 9 }, { thresholdBytes: 0, level: 1 }, /permessage-deflate/],
];

for (const transport of transports) {
  describe(`permessage-deflate between our ends over ${transport.name}`, () => {
    for (const [row, ofServer, ofClient, agreed] of wishes) {
      test(`${row}: every content and size comes back unchanged`, async () => {
        await using server = await serveOn(transport, { compression: ofServer });
        await using client = await connectWebSocket(server.url, {
          ...transport.clientOptions(),
          compression: ofClient,
        });
        assert.match(client.extensions, agreed);
        for (const content of contents) {
          for (const size of sizes) {
            const sent = content(size);
            void client.send(sent);
            assert.deepEqual((await client.receive())?.data, sent);
          }
        }
        // All at once, with uncompressed ones between: nothing overtakes.
        const sent = sizes.flatMap(size => contents.map(content => content(size)));
        for (const [i, data] of sent.entries()) void client.send(data, { compress: i % 3 > 0 });
        for (const data of sent) assert.deepEqual((await client.receive())?.data, data);
      });
    }
  });
}

describe('a certificate of the client', () => {
  const mine = () => ({ ca: certificate().cert, cert: certificate().cert, key: certificate().key });
  const asking = () => ({ ...certificate(), requestCert: true, ca: certificate().cert });
  const servers: readonly [version: '1.1', create: (isStrict: boolean) => WebSocketServer][] = [
    ['1.1', isStrict => createHttpsServer({ ...asking(), rejectUnauthorized: isStrict })],
  ];

  /** Says whose certificate it saw. */
  function serveNames(server: WebSocketServer): Promise<TestServer> {
    return listen(server, {}, async (request, response) => {
      const socket = request.socket as TLSSocket;
      await using connection = await acceptWebSocket(request, response);
      await connection.send(String(socket.getPeerCertificate()?.subject?.CN ?? 'nobody'));
    });
  }

  for (const [httpVersion, create] of servers) {
    test(`is shown to a server that asks for it, on HTTP/${httpVersion}`, async () => {
      await using server = await serveNames(create(true));
      await using client = await connectWebSocket(server.url, { httpVersion, tls: mine() });
      assert.equal((await client.receive())?.data, 'localhost');
      const without = connectWebSocket(server.url, { httpVersion, tls: { ca: certificate().cert } });
      await assert.rejects(without, { code: 'connect-failed' });
    });

    test(`stays behind when a redirect leads to another origin, on HTTP/${httpVersion}`, async () => {
      await using target = await serveNames(create(false));
      await using first = await listen(create(true), {}, (_request, response) => {
        response.writeHead(307, { location: target.url }).end();
      });
      await using direct = await connectWebSocket(target.url, { httpVersion, tls: mine() });
      assert.equal((await direct.receive())?.data, 'localhost');
      await using led = await connectWebSocket(first.url, { httpVersion, tls: mine(), maxRedirects: 1 });
      assert.equal((await led.receive())?.data, 'nobody');
    });
  }
});
