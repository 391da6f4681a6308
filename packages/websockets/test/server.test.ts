// The server's side of the opening handshake and the life of its handlers, on every transport.
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { after, describe, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import {
  acceptWebSocket,
  checkWebSocketRequest,
  handleWebSocket,
  isWebSocketRequest,
  requestedSubprotocols,
  useWebSockets,
  type WebSocketError,
  type WebSocketServer,
} from '@longhaul/websockets';
import { certificate } from './certificate.ts';
import { acceptingWith, echo, listen, type TestServer } from './echo-server.ts';
import { closeFrame, closeSeen, frame, type RawClient, textSeen } from './raw-client.ts';
import { openRaw, serveOn, serveRequestsOn, type TestTransport, transports } from './transports.ts';

after(leakCheck());

/** The opening handshake with other headers than usual; those of HTTP/1.1 alone are left out on HTTP/2. */
async function ask(
  transport: TestTransport,
  server: TestServer,
  changes: Readonly<Record<string, string | undefined>>,
): Promise<RawClient> {
  const client = transport.dial(server);
  const headers: Record<string, string | undefined> = { 'sec-websocket-version': '13', ...changes };
  if (transport.isHttp2) {
    await client.permitted();
    const given = Object.entries(headers).filter(([, value]) => value !== undefined);
    client.connect(Object.fromEntries(given) as Record<string, string>);
  } else {
    const all = { host: 'localhost', upgrade: 'websocket', connection: 'Upgrade', ...headers };
    const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
    client.request(['GET /echo HTTP/1.1', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', ...lines]);
  }
  await client.answered();
  return client;
}

for (const transport of transports) {
  describe(`on ${transport.name}`, () => {
    const accepted = transport.isHttp2 ? 200 : 101;

    describe('a request that asks wrongly', () => {
      const cases: [name: string, headers: Record<string, string | undefined>, status: number, code: string][] = [
        ['version 8', { 'sec-websocket-version': '8' }, 426, 'unsupported-version'],
        ['no version', { 'sec-websocket-version': undefined }, 426, 'unsupported-version'],
        ['a sub-protocol twice', { 'sec-websocket-protocol': 'a, a' }, 400, 'invalid-header'],
        ['malformed extensions', { 'sec-websocket-extensions': 'x;;' }, 400, 'invalid-header'],
      ];
      for (const [name, headers, status, code] of cases) {
        test(`(${name}) is answered ${status}, the handler gets ${code}, others get in`, async () => {
          const { promise, resolve } = Promise.withResolvers<unknown>();
          await using server = await serveRequestsOn(transport, {}, async (request, response) => {
            const error = checkWebSocketRequest(request);
            await acceptWebSocket(request, response).catch(resolve);
            assert.equal(error?.code, error === undefined ? undefined : code);
          });
          using client = await ask(transport, server, headers);
          assert.equal(client.status, status);
          if (status === 426) assert.match(client.head, /^sec-websocket-version: 13$/im);
          assert.equal(((await promise) as WebSocketError).code, code);
          await client.ended();
          using other = await ask(transport, server, {});
          assert.equal(other.status, accepted);
        });
      }
    });

    describe('allowedOrigins (signalr-protocol.md §12)', () => {
      test('lets exact origins in without regard to case, and programs without one; 403 before the handler', async () => {
        let handled = 0;
        await using server = await serveOn(transport, { allowedOrigins: ['https://client.example'] }, async socket => {
          handled += 1;
          await socket.closed;
        });
        const refused = ['https://evil.example', 'null', 'http://client.example', 'https://client.example:8443', ''];
        for (const origin of refused) {
          using client = await ask(transport, server, { origin });
          assert.equal(client.status, 403, origin);
          await client.ended();
        }
        assert.equal(handled, 0);
        for (const origin of ['HTTPS://CLIENT.example', undefined]) {
          using client = await ask(transport, server, { origin });
          assert.equal(client.status, accepted);
        }
        assert.equal(handled, 2);
      });

      for (const allowedOrigins of [[], ['*']]) {
        test(`[${allowedOrigins}] lets everybody in`, async () => {
          await using server = await serveOn(transport, { allowedOrigins });
          using client = await ask(transport, server, { origin: 'https://anybody.example' });
          assert.equal(client.status, accepted);
        });
      }
    });

    describe('a handler', () => {
      test('that does not accept sends its own answer, whole, and the transport ends', async () => {
        const body = 'no such chat '.repeat(50_000);
        await using server = await serveRequestsOn(transport, {}, (_request, response) => {
          response.writeHead(404, { 'content-type': 'text/plain' }).end(body);
        });
        const client = transport.dial(server);
        using _ = client;
        let bytes = 0;
        if (transport.isHttp2) {
          await client.permitted();
          client.connect({ 'sec-websocket-version': '13' });
        }
        client.socket.on('data', (part: Buffer) => {
          bytes += part.length;
        });
        if (!transport.isHttp2) await client.handshake();
        await client.ended();
        assert.equal(client.status, 404);
        assert.ok(bytes >= body.length, `${bytes} bytes of ${body.length}`);
      });

      test('that throws before accepting is answered for with 500, and reported', async () => {
        const errors: unknown[] = [];
        const onHandlerError = (error: unknown) => errors.push(error);
        await using server = await serveRequestsOn(transport, { onHandlerError }, () => {
          throw new Error('no luck');
        });
        using client = await openRaw(transport, server);
        assert.equal(client.status, 500);
        assert.deepEqual(errors.map(String), ['Error: no luck']);
      });

      test('that never answers is answered for with 503 after handshakeTimeoutMs; accepting is too late then', async () => {
        const errors: WebSocketError[] = [];
        const { promise, resolve } = Promise.withResolvers<void>();
        const late = Promise.withResolvers<unknown>();
        const options = {
          handshakeTimeoutMs: 30,
          onHandlerError: (error: unknown) => errors.push(error as WebSocketError),
        };
        await using server = await serveRequestsOn(transport, options, async (request, response) => {
          await promise;
          await acceptWebSocket(request, response).catch(late.resolve);
        });
        using client = await openRaw(transport, server);
        assert.equal(client.status, 503);
        assert.deepEqual(
          errors.map(({ code }) => code),
          ['handler-timeout'],
        );
        resolve();
        assert.equal(((await late.promise) as WebSocketError).code, 'already-answered');
        await client.ended();
      });

      test('that answered or accepted in time is left alone by handshakeTimeoutMs', async () => {
        const errors: unknown[] = [];
        const options = { handshakeTimeoutMs: 30, onHandlerError: (error: unknown) => errors.push(error) };
        await using server = await serveOn(transport, options);
        using client = await openRaw(transport, server);
        const from = performance.now();
        await waitFor('more than the time-out to pass', () => performance.now() - from > 60);
        await client.send(frame(1, 'still here'), closeFrame(1000));
        await client.ended();
        assert.deepEqual(client.frames, [textSeen('still here'), closeSeen(1000)]);
        assert.deepEqual(errors, []);
      });

      test('is missing: 404', async () => {
        await using server = await serveRequestsOn(transport, {}, () => {});
        // The compatible requests of HTTP/2 exist from the first 'request' listener on; the last one may go again.
        server.server.removeAllListeners('request');
        using client = await openRaw(transport, server);
        assert.equal(client.status, 404);
      });

      test('chooses a sub-protocol and adds headers to the acceptance, none of them twice', async () => {
        await using server = await serveRequestsOn(transport, {}, async (request, response) => {
          assert.deepEqual(requestedSubprotocols(request), ['soap', 'chat']);
          response.setHeader('Set-Cookie', ['a=1', 'b=2']);
          response.setHeader('Sec-WebSocket-Protocol', 'soap');
          await acceptWebSocket(request, response, { subprotocol: 'chat' });
        });
        using client = await ask(transport, server, { 'sec-websocket-protocol': 'soap, chat' });
        assert.deepEqual(
          client.head
            .match(/^(set-cookie|sec-websocket-protocol): .*(?=\r?$)/gim)
            ?.map(line => line.toLowerCase())
            .sort(),
          ['sec-websocket-protocol: chat', 'set-cookie: a=1', 'set-cookie: b=2'],
        );
      });
    });

    describe('what a framework writes to the response of an accepted request', () => {
      for (const [status, code] of [
        [200, 1000],
        [500, 1011],
      ] as const) {
        test(`does not reach the client; ${status} closes with ${code}`, async () => {
          await using server = await serveRequestsOn(transport, {}, (request, response) => {
            void acceptWebSocket(request, response).then(async socket => {
              await socket.send('first');
              response.writeHead(status, { 'content-type': 'text/plain' });
              response.write('no ');
              response.end('frame');
            });
          });
          using client = await openRaw(transport, server);
          await client.received(2);
          assert.deepEqual(client.frames, [textSeen('first'), closeSeen(code)]);
        });
      }
    });

    describe('handleWebSocket', () => {
      test('closes with 1000 after the handler, with 1011 when it throws, without a promise of the listener', async () => {
        const errors: unknown[] = [];
        const options = { onHandlerError: (error: unknown) => errors.push(error) };
        await using server = await serveRequestsOn(transport, options, (request, response) => {
          void handleWebSocket(request, response, async socket => {
            const message = await socket.receive();
            if (message?.data === 'throw') throw new Error('handler bug');
          });
        });
        for (const [text, code] of [
          ['return', 1000],
          ['throw', 1011],
        ] as const) {
          using client = await openRaw(transport, server);
          await client.send(frame(1, text));
          await client.received(1);
          assert.deepEqual(client.frames, [closeSeen(code)]);
        }
        assert.deepEqual(errors.map(String), ['Error: handler bug']);
      });

      test("resolves for a request that was refused, rejects for the caller's mistakes", async () => {
        const outcomes: unknown[] = [];
        await using server = await serveRequestsOn(transport, {}, async (request, response) => {
          const options = request.headers['sec-websocket-version'] === '13' ? { subprotocol: 'not offered' } : {};
          const outcome = await handleWebSocket(request, response, echo as never, options).catch(error => error.code);
          outcomes.push(outcome);
          if (!response.headersSent) response.writeHead(418).end();
        });
        using wrong = await ask(transport, server, { 'sec-websocket-version': '8' });
        using right = await ask(transport, server, {});
        assert.deepEqual([wrong.status, right.status], [426, 418]);
        assert.deepEqual(outcomes, [undefined, 'invalid-argument']);
      });
    });

    test('an ordinary request is none of ours', async () => {
      await using server = await serveRequestsOn(
        transport,
        { allowedOrigins: ['https://a.example'] },
        (request, response) => {
          response.end(`${isWebSocketRequest(request)} ${checkWebSocketRequest(request)?.code}`);
        },
      );
      const client = transport.dial(server);
      using _ = client;
      if (!transport.isHttp2) {
        client.request(['GET / HTTP/1.1', 'Host: localhost', 'Origin: https://b.example', 'Connection: close']);
        const body = Buffer.concat(await client.socket.toArray()).toString();
        assert.match(body, /^HTTP\/1\.1 200 .*false not-a-websocket-request/s);
        return;
      }
      const stream = client.session.request({ ':path': '/', origin: 'https://b.example' });
      assert.equal(Buffer.concat(await stream.toArray()).toString(), 'false not-a-websocket-request');
    });
  });
}

test("somebody else's listener on the socket hears the bytes too, and nothing is received twice", async () => {
  await using server = await serveOn(transports[0]!);
  let heard = 0;
  (server.server as NodeJS.EventEmitter).on('upgrade', (_request, socket: Duplex) => {
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.length;
    });
  });
  using raw = await openRaw(transports[0]!, server);
  const message = frame(1, 'heard by both');
  await raw.send(message);
  await raw.received(1);
  assert.deepEqual(raw.frames, [textSeen('heard by both')]);
  assert.equal(heard, message.length);
});

test('options that are none are refused by useWebSockets', async () => {
  await using server = await serveOn(transports[0]!);
  const wrong = [
    { allowedOrigins: 'https://a.example' },
    { allowedOrigins: [1] },
    { handshakeTimeoutMs: -1 },
    { handshakeTimeoutMs: Number.NaN },
    { onHandlerError: 'log' },
    { maxFragments: 0 },
  ];
  for (const options of wrong) {
    assert.throws(() => useWebSockets(server.server, options as never), { code: 'invalid-argument' });
  }
});

describe('a client that does not finish its request', () => {
  const impatient = { headersTimeout: 40, requestTimeout: 40, connectionsCheckingInterval: 20 };
  const servers: [name: string, create: () => WebSocketServer, transport: TestTransport][] = [
    ['node:http', () => createHttpServer(impatient), transports[0]!],
    ['node:https', () => createHttpsServer({ ...certificate(), ...impatient }), transports[1]!],
    [
      'node:http2 with allowHTTP1',
      () => createSecureServer({ ...certificate(), allowHTTP1: true, ...impatient }),
      transports[1]!,
    ],
  ];
  for (const [name, create, transport] of servers) {
    test(`is answered 408 by headersTimeout of ${name}, and holds up nobody`, async () => {
      await using server = await listen(create(), {}, acceptingWith(echo));
      using slow = transport.dial(server);
      slow.socket.write('GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upg');
      using client = await openRaw(transport, server);
      await slow.ended();
      assert.equal(slow.status, 408);
      // Accepted connections are no longer the business of those time-outs.
      await client.send(frame(1, 'still here'));
      await client.received(1);
      assert.deepEqual(client.frames, [textSeen('still here')]);
    });
  }
});
