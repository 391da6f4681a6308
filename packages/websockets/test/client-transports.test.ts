// What a client brings along on every transport: compression in each combination, a certificate of its own, redirects on HTTP/2.
import assert from 'node:assert/strict';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { after, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { leakCheck, seededRandom } from '@longhaul/testing';
import {
  acceptWebSocket,
  type ClientOptions,
  type CompressionOptions,
  connectWebSocket,
  type WebSocketServer,
} from '@longhaul/websockets';
import { certificate } from './certificate.ts';
import { listen, type TestServer } from './echo-server.ts';
import { serveOn, serveRequestsOn, transports } from './transports.ts';

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
  const servers: readonly [version: '1.1' | '2', create: (isStrict: boolean) => WebSocketServer][] = [
    ['1.1', isStrict => createHttpsServer({ ...asking(), rejectUnauthorized: isStrict })],
    ['2', isStrict => createSecureServer({ ...asking(), rejectUnauthorized: isStrict })],
  ];

  /** Says whose certificate it saw. */
  function serveNames(server: WebSocketServer): Promise<TestServer> {
    return listen(server, {}, async (request, response) => {
      const socket = (request.httpVersion === '2.0' ? requestSession(request) : request.socket) as TLSSocket;
      await using connection = await acceptWebSocket(request, response);
      await connection.send(String(socket.getPeerCertificate()?.subject?.CN ?? 'nobody'));
    });
  }
  const requestSession = (request: unknown) =>
    (request as { stream: { session: { socket: unknown } } }).stream.session.socket;

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

for (const transport of transports.filter(({ isHttp2 }) => isHttp2)) {
  describe(`redirects over ${transport.name}`, () => {
    const answers: Record<string, string> = { '/old': '/new', '/loop': '/loop', '/nowhere': 'unix:/run/x' };

    async function serveMoved(): Promise<TestServer & { asked: string[] }> {
      const asked: string[] = [];
      const server = await serveRequestsOn(transport, {}, async (request, response) => {
        asked.push(request.url!);
        const location = answers[request.url!];
        if (location !== undefined) return void response.writeHead(302, { location }).end('moved');
        await using socket = await acceptWebSocket(request, response);
        await socket.closed;
      });
      return Object.assign(server, { asked });
    }
    const to = (server: TestServer, path: string, options: ClientOptions) =>
      connectWebSocket(new URL(path, server.url), { ...transport.clientOptions(), ...options });

    test('are refused by default with their status, followed when told to, and end at the maximum', async () => {
      await using server = await serveMoved();
      await assert.rejects(to(server, '/old', {}), { code: 'handshake-refused', status: 302, body: 'moved' });
      await using client = await to(server, '/old', { maxRedirects: 1 });
      assert.equal(client.isOpen, true);
      await assert.rejects(to(server, '/loop', { maxRedirects: 3 }), { code: 'handshake-refused', status: 302 });
      await assert.rejects(to(server, '/nowhere', { maxRedirects: 1 }), { code: 'redirect-refused' });
      assert.deepEqual(server.asked, ['/old', '/old', '/new', '/loop', '/loop', '/loop', '/loop', '/nowhere']);
    });

    test('are followed within a given session, and never lead out of it', async () => {
      await using server = await serveMoved();
      await using other = await serveMoved();
      const { origin } = new URL(server.url.replace(/^ws/, 'http'));
      const http2Session = connectHttp2(origin, { ca: certificate().cert });
      try {
        const options = { http2Session, maxRedirects: 1 };
        const client = await connectWebSocket(new URL('/old', server.url), options);
        await client.close();
        answers['/away'] = new URL('/new', other.url).href;
        await assert.rejects(connectWebSocket(new URL('/away', server.url), options), { code: 'redirect-refused' });
        assert.equal(http2Session.destroyed, false);
        assert.deepEqual(other.asked, []);
      } finally {
        http2Session.destroy();
      }
    });
  });
}
