// What a client meets on its way to an open connection: transports, refusals, redirects, time-outs, its caller's signal.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { leakCheck, waitFor } from '@longhaul/testing';
import { acceptWebSocket, connectWebSocket, WebSocketError } from '@longhaul/websockets';
import { certificate } from './certificate.ts';
import { serve, serveRequests } from './echo-server.ts';
import { serveOn, transports } from './transports.ts';

after(leakCheck());

type Listening = { port: number; host: string } & AsyncDisposable;

/** Any server on loopback; its sockets are destroyed with it. */
async function listening(server: Server | Http2Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    host: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** A server that answers every connection with these bytes. */
const answering = (bytes: string) =>
  listening(createTcpServer(socket => socket.once('data', () => socket.end(bytes, 'latin1'))));
const http = (listener: RequestListener) => {
  const server = createHttpServer(listener);
  // Without a listener for it Node would answer upgrades by itself.
  server.on('upgrade', (request, socket) => {
    const { statusCode, location, body } = upgradeAnswers.get(request.url ?? '') ?? { statusCode: 404 };
    const lines = [`HTTP/1.1 ${statusCode} X`, ...(location === undefined ? [] : [`Location: ${location}`])];
    socket.end(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${body ?? ''}`);
  });
  return listening(server);
};
const upgradeAnswers = new Map<string, { statusCode: number; location?: string; body?: string }>();

for (const transport of transports) {
  test(`over ${transport.name}: headers, sub-protocol and messages arrive, and the end is clean`, async () => {
    let seen: Record<string, unknown> = {};
    await using server = await serveOn(transport, {}, async (socket, request) => {
      seen = request.headers;
      for await (const message of socket) await socket.send(message.data);
    });
    await using client = await connectWebSocket(server.url, {
      ...transport.clientOptions(),
      headers: { 'X-One': '1', Cookie: ['a=1', 'b=2'] },
    });
    for (const data of ['', 'é'.repeat(70_000), Buffer.alloc(300_000, 3)]) {
      void client.send(data);
      assert.deepEqual((await client.receive())?.data, data);
    }
    assert.equal(seen['x-one'], '1');
    assert.equal(seen.cookie, 'a=1; b=2');
    assert.deepEqual(await client.close(4_001, 'x'), { code: 4_001, reason: '', clean: true });
  });
}

describe('on HTTP/2', () => {
  test('many WebSockets share one session with ordinary requests, and leave it open', async () => {
    const h2 = transports.find(({ name }) => name === 'HTTP/2')!;
    let sessions = 0;
    await using server = await serveOn(h2);
    server.server.on('session', () => {
      sessions += 1;
    });
    const session = connectHttp2(`http://127.0.0.1:${server.port}`);
    try {
      const options = { http2Session: session };
      const clients = await Promise.all(Array.from({ length: 20 }, () => connectWebSocket(server.url, options)));
      await Promise.all(
        clients.map(async (client, i) => {
          await client.send(`to ${i}`);
          assert.equal((await client.receive())?.data, `to ${i}`);
        }),
      );
      clients[0]!.abort();
      await Promise.all(clients.slice(1).map(client => client.close()));
      const ordinary = session.request({ ':path': '/' });
      const [headers] = await once(ordinary, 'response');
      assert.equal(headers[':status'], 400);
      ordinary.close();
      assert.equal(session.destroyed, false);
      assert.equal(sessions, 1);
    } finally {
      session.destroy();
    }
  });

  test('a server without extended CONNECT is told apart at once, for all who wait on the session', async () => {
    await using server = await listening(createHttp2Server((_request, response) => response.end()));
    const url = `ws://${server.host}/`;
    await assert.rejects(connectWebSocket(url, { httpVersion: '2' }), { code: 'extended-connect-unsupported' });
    const http2Session = connectHttp2(`http://${server.host}`);
    const attempts = Array.from({ length: 15 }, () => connectWebSocket(url, { http2Session }));
    for (const attempt of attempts) await assert.rejects(attempt, { code: 'extended-connect-unsupported' });
    http2Session.destroy();
    await assert.rejects(connectWebSocket(url, { http2Session }), WebSocketError);
  });

  test('a server that speaks HTTP/1.1 only is told apart, with TLS and without', async () => {
    const tls = transports.find(({ name }) => name === 'TLS')!;
    await using secure = await serveOn(tls);
    await assert.rejects(connectWebSocket(secure.url, { httpVersion: '2', tls: { ca: certificate().cert } }), {
      code: 'http2-unsupported',
    });
    await using plain = await serve();
    await assert.rejects(connectWebSocket(plain.url, { httpVersion: '2' }), { code: 'http2-unsupported' });
  });

  test('a refusal has status and body; a sub-protocol nobody offered and a head over the limit fail', async () => {
    const server = createHttp2Server({ settings: { enableConnectProtocol: true } });
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => {});
      if (headers[':path'] === '/no') {
        stream.respond({ ':status': 403 });
        stream.end('not you');
      } else if (headers[':path'] === '/big') stream.respond({ ':status': 200, 'x-big': 'x'.repeat(20_000) });
      else stream.respond({ ':status': 200, 'sec-websocket-protocol': 'other' });
    });
    await using listener = await listening(server);
    const to = (path: string) => connectWebSocket(`ws://${listener.host}${path}`, { httpVersion: '2' });
    await assert.rejects(to('/no'), { code: 'handshake-refused', status: 403, body: 'not you' });
    await assert.rejects(to('/other'), { code: 'handshake-invalid' });
    await assert.rejects(to('/big'), { code: 'handshake-invalid' });
  });
});

describe('an answer on HTTP/1.1', () => {
  test('with another status is a refusal with the status and a bounded body', async () => {
    await using server = await answering(`HTTP/1.1 503 No\r\nContent-Length: 90000\r\n\r\n${'sorry '.repeat(15_000)}`);
    await assert.rejects(connectWebSocket(`ws://${server.host}/`), (error: WebSocketError) => {
      assert.equal(error.code, 'handshake-refused');
      assert.equal(error.status, 503);
      assert.equal(error.body?.length, 1_024);
      return true;
    });
  });

  const wrong: [name: string, bytes: string][] = [
    ['no HTTP', 'hello\r\n\r\n'],
    ['101 without Upgrade', 'HTTP/1.1 101 X\r\n\r\n'],
    [
      'a wrong accept key',
      'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
    ],
    ['a head over the limit', `HTTP/1.1 101 X\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  ];
  for (const [name, bytes] of wrong) {
    test(`with ${name} is handshake-invalid`, async () => {
      await using server = await answering(bytes);
      await assert.rejects(connectWebSocket(`ws://${server.host}/`), { code: 'handshake-invalid' });
    });
  }

  test('that never comes ends by the time-out, also when informational answers come for ever', async () => {
    await using silent = await listening(createTcpServer(socket => socket.resume()));
    await assert.rejects(connectWebSocket(`ws://${silent.host}/`, { handshakeTimeoutMs: 50 }), {
      code: 'handshake-timeout',
    });
    await using chatty = await listening(
      createTcpServer(socket => {
        const timer = setInterval(() => socket.write('HTTP/1.1 102 Wait\r\n\r\n'), 5);
        socket.resume().on('close', () => clearInterval(timer));
      }),
    );
    await assert.rejects(connectWebSocket(`ws://${chatty.host}/`, { handshakeTimeoutMs: 100 }), {
      code: 'handshake-timeout',
    });
  });

  test('TLS that never begins is connect-timeout, a closed port connect-failed, and neither tells secrets', async () => {
    await using silent = await listening(createTcpServer(socket => socket.resume()));
    await assert.rejects(connectWebSocket(`wss://${silent.host}/`, { connectTimeoutMs: 50 }), {
      code: 'connect-timeout',
    });
    const { port } = silent;
    await silent[Symbol.asyncDispose]();
    await assert.rejects(
      connectWebSocket(`ws://user:secret@127.0.0.1:${port}/?token=secret`),
      (error: WebSocketError) => {
        assert.equal(error.code, 'connect-failed');
        assert.doesNotMatch(`${error.message} ${error.stack}`, /secret/);
        return true;
      },
    );
    await assert.rejects(connectWebSocket('nothing://user:secret@x'), (error: WebSocketError) => {
      assert.equal(error.code, 'invalid-url');
      assert.doesNotMatch(`${error.message} ${error.stack}`, /secret/);
      return true;
    });
  });
});

describe('redirects', () => {
  test('are refused by default and followed when told to, by the same origin with everything', async () => {
    const asked: (string | undefined)[] = [];
    await using server = await serveRequests({}, async (request, response) => {
      asked.push(request.headers.authorization);
      if (request.url === '/old') return void response.writeHead(302, { location: '/new' }).end('moved');
      await using socket = await acceptWebSocket(request, response);
      await socket.closed;
    });
    const url = `ws://u:p@127.0.0.1:${server.port}/old`;
    await assert.rejects(connectWebSocket(url), { code: 'handshake-refused', status: 302, body: 'moved' });
    await using _client = await connectWebSocket(url, { maxRedirects: 1 });
    const basic = `Basic ${Buffer.from('u:p').toString('base64')}`;
    assert.deepEqual(asked, [basic, basic, basic]);
  });

  test('to another origin leave every header behind that could be a secret', async () => {
    let seen: Record<string, unknown> = {};
    await using target = await serve({}, async (socket, request) => {
      seen = request.headers;
      await socket.closed;
    });
    upgradeAnswers.set('/away', { statusCode: 307, location: target.url });
    await using server = await http(() => {});
    await using _client = await connectWebSocket(`ws://u:p@${server.host}/away`, {
      maxRedirects: 3,
      headers: { Authorization: 'Bearer secret', Cookie: 'secret', 'X-Api-Key': 'secret', 'User-Agent': 'me' },
    });
    assert.doesNotMatch(JSON.stringify(seen), /secret|Basic/);
    assert.equal(seen['user-agent'], 'me');
  });

  test('end at the maximum, never lead from wss to ws, nor off a Unix socket (CVE-2022-33987)', async () => {
    await using server = await http(() => {});
    upgradeAnswers.set('/loop', { statusCode: 301, location: '/loop' });
    await assert.rejects(connectWebSocket(`ws://${server.host}/loop`, { maxRedirects: 5 }), { status: 301 });
    upgradeAnswers.set('/unix', { statusCode: 301, location: 'unix:/run/x' });
    await assert.rejects(connectWebSocket(`ws://${server.host}/unix`, { maxRedirects: 5 }), {
      code: 'redirect-refused',
    });

    const tls = transports.find(({ name }) => name === 'TLS')!;
    await using secure = await serveOn(tls);
    secure.server.removeAllListeners('request');
    (secure.server as NodeJS.EventEmitter).on('request', (_request, response) => {
      response.writeHead(302, { location: `ws://${server.host}/` }).end();
    });
    await assert.rejects(connectWebSocket(secure.url, { maxRedirects: 5, tls: { ca: certificate().cert } }), {
      code: 'redirect-refused',
    });
  });

  test('that leave the Unix socket are refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'longhaul-ws-'));
    const socketPath = join(folder, 's');
    const server = createHttpServer().on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 302 X\r\nLocation: ws://other/\r\nConnection: close\r\n\r\n');
    });
    await new Promise<void>(resolve => server.listen(socketPath, resolve));
    await assert.rejects(connectWebSocket('ws://localhost/', { socketPath, maxRedirects: 1 }), {
      code: 'redirect-refused',
    });
    await new Promise(resolve => server.close(resolve));
    rmSync(folder, { recursive: true });
  });
});

describe('the signal of the caller', () => {
  test('ends an attempt with its reason, before and while connecting', async () => {
    const reason = new Error('enough');
    await assert.rejects(connectWebSocket('ws://127.0.0.1:1/', { signal: AbortSignal.abort(reason) }), reason);
    const { promise: arrived, resolve } = Promise.withResolvers<Socket>();
    await using silent = await listening(createTcpServer(socket => resolve(socket.resume())));
    for (const url of [`ws://${silent.host}/`, `wss://${silent.host}/`]) {
      const controller = new AbortController();
      const attempt = connectWebSocket(url, { signal: controller.signal });
      await arrived;
      controller.abort(reason);
      await assert.rejects(attempt, reason);
    }
  });

  test('ends the open connection, and is let go when the connection ends first', async () => {
    await using server = await serve();
    const controller = new AbortController();
    const client = await connectWebSocket(server.url, { signal: controller.signal });
    const receiving = client.receive();
    controller.abort('enough');
    await assert.rejects(receiving, { code: 'connection-aborted', cause: 'enough' });

    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const other = await connectWebSocket(server.url, { signal });
    assert.equal(listeners, 1);
    await other.close();
    await waitFor('the signal to be let go', () => listeners === 0);
  });
});

test('wrong options are invalid-argument before anything is dialled', async () => {
  const http2Session = connectHttp2('http://127.0.0.1:1').on('error', () => {});
  const wrong: unknown[] = [
    5,
    null,
    { httpVersion: '3' },
    { maxRedirects: -1 },
    { connectTimeoutMs: 0 },
    { handshakeTimeoutMs: Number.NaN },
    { headers: { 'Sec-WebSocket-Key': 'x' } },
    { headers: { connection: 'close' } },
    { headers: { 'a b': 'x' } },
    { headers: { x: 'a\r\nb' } },
    { headers: 5 },
    { headers: null },
    { headers: { x: 5 } },
    { headers: { x: undefined } },
    { subprotocols: ['a', 'a'] },
    { subprotocols: 'chat' },
    { signal: 5 },
    { tls: 5 },
    { socketPath: 5 },
    { proxy: 5 },
    { http2Session: {} },
    { socketPath: '/x', proxy: 'http://p' },
    { http2Session, proxy: 'http://p' },
    { http2Session, httpVersion: '1.1' },
    { proxy: 'socks5://p' },
    { proxy: 'not a url' },
  ];
  for (const options of wrong) {
    await assert.rejects(
      connectWebSocket('ws://127.0.0.1:1/', options as object),
      { code: 'invalid-argument' },
      inspect(options, { depth: 1 }),
    );
  }
  http2Session.destroy();
});
