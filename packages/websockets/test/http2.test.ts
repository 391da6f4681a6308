// What HTTP/2 adds (RFC 8441): extended CONNECT beside ordinary requests, many WebSockets in one session, streams that end
// in other ways than sockets.
import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  constants,
  createServer as createHttp2Server,
  type ServerHttp2Session,
} from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { leakCheck, waitFor } from '@longhaul/testing';
import { acceptWebSocket, isWebSocketRequest, useWebSockets, type WebSocketConnection } from '@longhaul/websockets';
import { certificate } from './certificate.ts';
import { echo, listen, type TestServer } from './echo-server.ts';
import { closeFrame, closeSeen, frame, RawClient, textSeen } from './raw-client.ts';
import { openRaw, serveOn, serveRequestsOn, type TestTransport, transports } from './transports.ts';

after(leakCheck());

const http2 = transports.find(({ name }) => name === 'HTTP/2') as TestTransport;
const secure = transports.find(({ name }) => name === 'HTTP/2 over TLS') as TestTransport;

/** The answer to an ordinary request on a session. */
async function get(session: ClientHttp2Session) {
  const stream = session.request({ ':path': '/page' });
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  stream.on('response', answer => resolve(answer[':status']));
  let body = '';
  for await (const part of stream.setEncoding('utf8')) body += part;
  return { status: await promise, body };
}

/** Several WebSockets on one session; the first one's `dispose` ends it. */
async function openMany(server: TestServer, count: number): Promise<RawClient[]> {
  const first = http2.dial(server);
  const clients = [first, ...Array.from({ length: count - 1 }, () => new RawClient(first.session))];
  for (const client of clients) await client.handshake();
  return clients;
}

async function holding(): Promise<{ server: TestServer; accepted: WebSocketConnection[] }> {
  const accepted: WebSocketConnection[] = [];
  const server = await serveOn(http2, {}, async socket => {
    accepted.push(socket);
    await socket.closed;
  });
  return { server, accepted };
}

describe('one secure server', () => {
  test('answers ordinary requests and WebSockets on HTTP/1.1 and on HTTP/2, all by one handler', async () => {
    await using server = await serveRequestsOn(secure, {}, async (request, response) => {
      if (!isWebSocketRequest(request)) return void response.end(`page by ${request.httpVersion}`);
      await using socket = await acceptWebSocket(request, response);
      await socket.send(`${request.method} ${request.url} by ${request.httpVersion}`);
      await echo(socket, request);
    });
    using stream = await openRaw(secure, server);
    assert.deepEqual(await get(stream.session), { status: 200, body: 'page by 2.0' });
    const { promise, resolve } = Promise.withResolvers<string>();
    httpsRequest({ port: server.port, host: 'localhost', ca: certificate().cert, agent: false })
      .on('response', async response => resolve(Buffer.concat(await response.toArray()).toString()))
      .end();
    assert.equal(await promise, 'page by 1.1');
    using upgrade = new RawClient(connectTls({ port: server.port, host: 'localhost', ca: certificate().cert }));
    await upgrade.handshake();
    for (const client of [stream, upgrade]) {
      await client.send(frame(1, 'hello'), closeFrame(1000));
      await client.ended();
    }
    assert.deepEqual(stream.frames, [textSeen('GET /echo by 2.0'), textSeen('hello'), closeSeen(1000)]);
    assert.deepEqual(upgrade.frames, [textSeen('GET /echo by 1.1'), textSeen('hello'), closeSeen(1000)]);
  });

  test('drops a CONNECT of HTTP/1.1, as Node does', async () => {
    await using server = await serveOn(secure);
    using client = new RawClient(connectTls({ port: server.port, host: 'localhost', ca: certificate().cert }));
    client.request(['CONNECT example.com:443 HTTP/1.1', 'Host: example.com']);
    await client.ended();
    assert.equal(client.head, '');
  });
});

describe('SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3)', () => {
  test('stands in the first SETTINGS of a session, beside those of the application', async () => {
    await using server = await listen(createHttp2Server({ settings: { maxConcurrentStreams: 7 } }), {}, () => {});
    using client = new RawClient(connectHttp2(server.url.replace('ws', 'http')));
    const { promise, resolve } = Promise.withResolvers<unknown>();
    client.session.once('remoteSettings', resolve);
    const settings = (await promise) as { enableConnectProtocol: boolean; maxConcurrentStreams: number };
    assert.deepEqual([settings.enableConnectProtocol, settings.maxConcurrentStreams], [true, 7]);
  });

  test('is told with the next request to a session that is older than useWebSockets', async () => {
    const server = createHttp2Server();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', async (request, response) => {
      if (!isWebSocketRequest(request)) return void response.end('page');
      await using socket = await acceptWebSocket(request, response);
      for await (const { data } of socket) await socket.send(data);
    });
    assert.equal((await get(session)).body, 'page');
    assert.equal(session.remoteSettings.enableConnectProtocol, false);
    useWebSockets(server);
    using client = new RawClient(session);
    assert.equal((await get(session)).body, 'page');
    await client.handshake();
    await client.send(frame(1, 'late'));
    await client.received(1);
    assert.deepEqual(client.frames, [textSeen('late')]);
    session.destroy();
    await new Promise(resolve => server.close(resolve));
  });
});

describe('a CONNECT', () => {
  test('for another protocol is answered 501, a plain one 405, and the session lives on', async () => {
    await using server = await serveOn(http2);
    using client = await openRaw(http2, server);
    using other = new RawClient(client.session);
    other.connect({ ':protocol': 'connect-udp' });
    await other.ended();
    assert.equal(other.status, 501);
    await waitFor('the refused stream to be closed', () => other.socket.destroyed);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const plain = client.session.request({ ':method': 'CONNECT', ':authority': 'x:1' });
    plain.on('response', answer => resolve(answer[':status']));
    assert.equal(await promise, 405);
    await client.send(frame(1, 'still here'));
    await client.received(1);
    assert.deepEqual(client.frames, [textSeen('still here')]);
  });

  test('that is not ours is left to another listener', async () => {
    await using server = await serveOn(http2);
    server.server.on('connect', (request, response) => {
      if (request.headers[':protocol'] === 'tea') response.writeHead(418).end();
    });
    using client = http2.dial(server);
    await client.permitted();
    client.connect({ ':protocol': 'tea' });
    await client.answered();
    assert.equal(client.status, 418);
    using ours = new RawClient(client.session);
    await ours.handshake();
    assert.equal(ours.status, 200);
  });

  test('shows handlers a GET with :protocol, so that routers find the route of HTTP/1.1', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await using server = await serveRequestsOn(http2, {}, async (request, response) => {
      const { method, url, headers } = request;
      resolve([method, url, headers[':protocol'], headers[':authority'], headers['sec-websocket-key']]);
      await acceptWebSocket(request, response);
    });
    using client = http2.dial(server);
    await client.permitted();
    client.connect({ ':path': '/a?b=c', 'sec-websocket-version': '13' });
    assert.deepEqual(await promise, ['GET', '/a?b=c', 'websocket', `127.0.0.1:${server.port}`, undefined]);
  });

  test('may be followed by frames before it is accepted', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await using server = await serveRequestsOn(http2, {}, async (request, response) => {
      await promise;
      await using socket = await acceptWebSocket(request, response);
      await echo(socket, request);
    });
    using client = http2.dial(server);
    await client.permitted();
    client.connect({ 'sec-websocket-version': '13' });
    await client.send(frame(1, 'early'), closeFrame(1000));
    resolve();
    await client.ended();
    assert.deepEqual(client.frames, [textSeen('early'), closeSeen(1000)]);
  });

  test('that is taken back before it is accepted gives a connection that is lost', async () => {
    const gone = Promise.withResolvers<void>();
    const outcome = Promise.withResolvers<unknown>();
    await using server = await serveRequestsOn(http2, {}, async (request, response) => {
      request.on('aborted', gone.resolve);
      await gone.promise;
      const socket = await acceptWebSocket(request, response);
      outcome.resolve(await socket.closed);
    });
    using client = http2.dial(server);
    await client.permitted();
    client.connect({ 'sec-websocket-version': '13' });
    await waitFor('the request', () => server.server.listenerCount('request') === 1);
    client.socket.destroy();
    assert.deepEqual(await outcome.promise, { code: 1006, reason: '', clean: false });
  });
});

describe('streams of one session', () => {
  test('are connections of their own: one ends, fails or is slow and the others go on', async () => {
    await using server = await serveOn(http2);
    const [closing, failing, going] = (await openMany(server, 3)) as [RawClient, RawClient, RawClient];
    using _ = closing;
    await closing.send(closeFrame(1000));
    await failing.send(Buffer.of(0xf1, 0x80, 0, 0, 0, 0));
    await Promise.all([closing.ended(), failing.ended()]);
    assert.deepEqual([closing.frames, failing.frames], [[closeSeen(1000)], [closeSeen(1002)]]);
    await going.send(frame(1, 'still here'));
    await going.received(1);
    assert.deepEqual(going.frames, [textSeen('still here')]);
    assert.equal((await get(going.session)).status, 400);
  });

  test("do not stand in each other's way when one consumer takes nothing", async () => {
    const { server, accepted } = await holding();
    await using _ = server;
    const [flooding, other] = (await openMany(server, 2)) as [RawClient, RawClient];
    using __ = flooding;
    const big = frame(2, Buffer.alloc(200_000));
    for (let i = 0; i < 20; i++) flooding.socket.write(big);
    await waitFor('flow control to stop the sender', () => flooding.socket.writableLength > 2_000_000);
    await other.send(frame(1, 'quick'));
    assert.equal((await accepted[1]?.receive())?.data, 'quick');
    for (let i = 0; i < 20; i++) assert.equal((await accepted[0]?.receive())?.data.length, 200_000);
  });

  test("do not stand in each other's way when one client reads nothing", async () => {
    const { server, accepted } = await holding();
    await using _ = server;
    const [slow, quick] = (await openMany(server, 2)) as [RawClient, RawClient];
    using __ = slow;
    slow.socket.pause();
    let isSent = false;
    const sending = accepted[0]!.send(Buffer.alloc(1_000_000)).then(() => {
      isSent = true;
    });
    for (let i = 0; i < 20; i++) await accepted[1]?.send(`quick ${i}`);
    await quick.received(20);
    assert.equal(isSent, false);
    assert.ok(accepted[0]!.bufferedBytes > 900_000);
    slow.socket.resume();
    await sending;
    await slow.received(1);
    assert.equal(accepted[0]!.bufferedBytes, 0);
  });
});

describe('the end of a stream', () => {
  test('by END_STREAM without a Close frame, or with RST_STREAM, is a lost connection', async () => {
    const { server, accepted } = await holding();
    await using _ = server;
    const [ending, resetting] = (await openMany(server, 2)) as [RawClient, RawClient];
    using __ = ending;
    ending.socket.end();
    (resetting.socket as ReturnType<ClientHttp2Session['request']>).close(constants.NGHTTP2_CANCEL);
    const lost = { code: 1006, reason: '', clean: false };
    assert.deepEqual([await accepted[0]?.closed, await accepted[1]?.closed], [lost, lost]);
    await assert.rejects(accepted[0]!.receive(), { code: 'connection-lost' });
  });

  test('by abort() is RST_STREAM with CANCEL (RFC 8441 §5)', async () => {
    const { server, accepted } = await holding();
    await using _ = server;
    using client = await openRaw(http2, server);
    await waitFor('the connection', () => accepted[0]);
    accepted[0]!.abort();
    await client.ended();
    await waitFor('the reset', () => client.rstCode !== 0);
    assert.equal(client.rstCode, constants.NGHTTP2_CANCEL);
    assert.deepEqual(client.frames, []);
  });

  test('by the closing handshake is END_STREAM from both sides, without a reset', async () => {
    const { server, accepted } = await holding();
    await using _ = server;
    using client = await openRaw(http2, server);
    client.socket.on('end', () => client.socket.end());
    await waitFor('the connection', () => accepted[0]);
    const closed = accepted[0]!.close(4_000, 'enough');
    await client.received(1);
    await client.send(closeFrame(4_000));
    assert.deepEqual(await closed, { code: 4_000, reason: '', clean: true });
    await waitFor('the stream to be closed', () => client.socket.closed);
    assert.equal(client.rstCode, 0);
  });

  test('comes by itself when the client leaves its half open after both Close frames', async () => {
    await using server = await serveOn(http2);
    const client = http2.dial(server);
    using _ = client;
    await client.handshake();
    const session = client.session;
    await client.send(closeFrame(1000));
    await client.ended();
    await waitFor('the stream to be dropped', () => client.socket.closed);
    assert.equal(session.destroyed, false);
  });

  test('with the CONNECT itself leaves a connection that is lost at once', async () => {
    const { server, accepted } = await holding();
    await using _ = server;
    using client = http2.dial(server);
    await client.permitted();
    client.connect({ 'sec-websocket-version': '13' }, { endStream: true });
    await client.ended();
    assert.equal((await accepted[0]!.closed).code, 1006);
  });
});

describe('a session that goes away', () => {
  test('gently (GOAWAY, from either side) lets its WebSockets finish', async () => {
    const { server, accepted } = await holding();
    await using _ = server;
    const sessions: ServerHttp2Session[] = [];
    server.server.on('session', (session: ServerHttp2Session) => sessions.push(session));
    for (const end of [() => sessions.at(-1)?.close(), (client: RawClient) => client.session.close()]) {
      using client = await openRaw(http2, server);
      const socket = await waitFor('the connection', () => accepted.at(-1));
      end(client);
      await socket.send('after GOAWAY');
      await client.received(1);
      await client.send(frame(1, 'and back'));
      assert.equal((await socket.receive())?.data, 'and back');
      await client.send(closeFrame(1000));
      assert.equal((await socket.closed).clean, true);
      await waitFor('the session to end', () => client.session.destroyed);
    }
  });

  test("at once takes its WebSockets along, and nobody else's", async () => {
    const { server, accepted } = await holding();
    await using _ = server;
    const [first] = (await openMany(server, 3)) as [RawClient];
    using other = await openRaw(http2, server);
    await waitFor('all connections', () => accepted.length === 4);
    first.session.destroy();
    for (const socket of accepted.slice(0, 3)) {
      assert.equal((await socket.closed).code, 1006);
      await assert.rejects(socket.receive(), { code: 'connection-lost' });
    }
    await accepted[3]!.send('still here');
    await other.received(1);
    assert.deepEqual(other.frames, [textSeen('still here')]);
  });
});

test('a client that opens and resets streams without end loses its session; others live on (CVE-2023-44487)', async () => {
  let running = 0;
  const errors: unknown[] = [];
  const options = { onHandlerError: (error: unknown) => errors.push(error) };
  await using server = await serveRequestsOn(http2, options, async (request, response) => {
    running += 1;
    const socket = await acceptWebSocket(request, response);
    for await (const { data } of socket) await socket.send(data);
  });
  using other = await openRaw(http2, server);
  using flooding = http2.dial(server);
  await flooding.permitted();
  for (let i = 0; i < 10_000 && !flooding.hasEnded; i++) {
    const stream = flooding.session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/echo' });
    stream.on('error', () => {});
    stream.close(constants.NGHTTP2_CANCEL);
    if (i % 50 === 0) await new Promise(setImmediate);
  }
  await flooding.ended();
  assert.ok(running > 100 && running < 5_000, `${running} handlers ran`);
  assert.deepEqual(errors, []);
  await other.send(frame(1, 'still here'));
  await other.received(1);
  assert.deepEqual(other.frames, [textSeen('still here')]);
});

test('a server of node:http still drops a CONNECT, as without useWebSockets', async () => {
  await using server = await listen(createServer(), {}, (_request, response) => response.end('page'));
  const { promise, resolve } = Promise.withResolvers<string>();
  httpRequest({ port: server.port, method: 'CONNECT', path: 'x:1', agent: false })
    .on('error', error => resolve((error as NodeJS.ErrnoException).code ?? ''))
    .end();
  assert.equal(await promise, 'ECONNRESET');
});
