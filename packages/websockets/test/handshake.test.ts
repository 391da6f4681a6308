// The opening handshake over real sockets: who is let in, what everybody else is answered.
import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingMessage, ServerResponse } from 'node:http';
import { after, describe, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import {
  acceptWebSocket,
  type ClientOptions,
  checkWebSocketRequest,
  connectWebSocket,
  isWebSocketRequest,
  requestedSubprotocols,
  useWebSockets,
  type WebSocketError,
} from '@longhaul/websockets';
import { echo, serve, serveRequests } from './echo-server.ts';
import { closeFrame, closeSeen, frame, RawClient, textSeen } from './raw-client.ts';

after(leakCheck());

const goodHeaders: Record<string, string | undefined> = {
  Host: 'localhost',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

async function answerTo(
  port: number,
  headers: Record<string, string | undefined>,
  start = 'GET /echo HTTP/1.1',
  extra: string[] = [],
) {
  using client = new RawClient(port);
  const lines = Object.entries({ ...goodHeaders, ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  client.request([start, ...lines, ...extra]);
  const head = await client.answered();
  return { status: Number(head.split(' ')[1]), head };
}

describe('what acceptWebSocket answers to wrong requests', () => {
  const cases: [name: string, headers: Record<string, string | undefined>, status: number, extra?: string[]][] = [
    ['version 8', { 'Sec-WebSocket-Version': '8' }, 426],
    ['no version', { 'Sec-WebSocket-Version': undefined }, 426],
    ['no key', { 'Sec-WebSocket-Key': undefined }, 400],
    ['a key of 15 bytes', { 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAA' }, 400],
    ['two keys', {}, 400, ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']],
    ['a sub-protocol twice', { 'Sec-WebSocket-Protocol': 'a, a' }, 400],
    ['malformed extensions', { 'Sec-WebSocket-Extensions': 'x;;' }, 400],
    ['no Upgrade', { Upgrade: undefined }, 400],
    ['no Connection: Upgrade', { Connection: 'close' }, 400],
    ['an upgrade to something else', { Upgrade: 'h2c' }, 400],
  ];
  for (const [name, headers, status, extra] of cases) {
    test(`${name}: ${status}`, async () => {
      const errors: unknown[] = [];
      await using server = await serve({ onHandlerError: error => errors.push(error) });
      const answer = await answerTo(server.port, headers, undefined, extra);
      assert.equal(answer.status, status);
      if (status === 426) assert.match(answer.head, /^Sec-WebSocket-Version: 13$/im);
      assert.deepEqual(errors, []);
      assert.equal((await answerTo(server.port, {})).status, 101);
    });
  }

  test('POST with upgrade headers and a body is an ordinary request', async () => {
    await using server = await serveRequests({}, (request, response) => {
      assert.equal(isWebSocketRequest(request), false);
      let body = '';
      request.on('data', chunk => {
        body += chunk;
      });
      request.on('end', () => response.end(`got ${body}`));
    });
    const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
    httpRequest({
      port: server.port,
      method: 'POST',
      headers: { Upgrade: 'h2c', Connection: 'Upgrade', 'Content-Length': 5 },
      agent: false,
    })
      .on('response', resolve)
      .end('12345');
    const response = await promise;
    assert.equal(Buffer.concat(await response.toArray()).toString(), 'got 12345');
  });
});

describe('a server with useWebSockets', () => {
  test('answers 403 to a refused origin before the handler runs', async () => {
    let handled = 0;
    await using server = await serveRequests(
      { allowedOrigins: ['https://client.example'] },
      async (request, response) => {
        handled += 1;
        if (!isWebSocketRequest(request)) return void response.end('page');
        await using socket = await acceptWebSocket(request, response);
        await echo(socket, request);
      },
    );
    assert.equal((await answerTo(server.port, { Origin: 'https://evil.example' })).status, 403);
    assert.equal((await answerTo(server.port, { Origin: 'null' })).status, 403);
    assert.equal(handled, 0);
    assert.equal((await answerTo(server.port, { Origin: 'HTTPS://CLIENT.example' })).status, 101);
    assert.equal((await answerTo(server.port, {})).status, 101);
    assert.equal((await answerTo(server.port, { Origin: 'https://evil.example', Upgrade: undefined })).status, 200);
  });

  test('sends the HTTP answer of a handler that does not accept, with its body, and ends the connection', async () => {
    await using server = await serveRequests({}, (_request, response) => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('no such chat');
    });
    using client = await RawClient.open(server.port);
    assert.match(client.head, /^HTTP\/1\.1 404 (.|\r\n)*^connection: close$/im);
    await client.ended();
  });

  test('answers a handler that throws before accepting with 500 and reports the error', async () => {
    const errors: unknown[] = [];
    await using server = await serveRequests({ onHandlerError: error => errors.push(error) }, async () => {
      throw new Error('no luck');
    });
    assert.equal((await answerTo(server.port, {})).status, 500);
    assert.equal((errors[0] as Error).message, 'no luck');
  });

  test('answers 404 when there is no request handler', async () => {
    await using server = await serveRequests({}, () => {});
    server.server.removeAllListeners('request');
    assert.equal((await answerTo(server.port, {})).status, 404);
  });

  test('can be called again: the later options hold, the listener stays one', async () => {
    await using server = await serve({ allowedOrigins: ['https://a.example'] });
    useWebSockets(server.server, { allowedOrigins: ['https://b.example'] });
    assert.equal(server.server.listenerCount('upgrade'), 1);
    assert.equal((await answerTo(server.port, { Origin: 'https://a.example' })).status, 403);
    assert.equal((await answerTo(server.port, { Origin: 'https://b.example' })).status, 101);
    assert.throws(() => useWebSockets(server.server, { maxFragments: 0 }), { code: 'invalid-argument' });
  });

  test('leaves other upgrades to another listener', async () => {
    await using server = await serve();
    server.server.on('upgrade', (request, socket) => {
      if (request.headers.upgrade === 'tea')
        socket.end('HTTP/1.1 101 Tea\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n');
    });
    const tea = await answerTo(server.port, { Upgrade: 'tea' });
    assert.match(tea.head, /101 Tea/);
    assert.equal((await answerTo(server.port, {})).status, 101);
  });

  test('sends headers of the application with the 101 answer', async () => {
    await using server = await serveRequests({}, async (request, response) => {
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      await acceptWebSocket(request, response);
    });
    const { head } = await answerTo(server.port, {});
    assert.match(head, /^Set-Cookie: a=1\r\nSet-Cookie: b=2$/im);
  });

  test('takes frames that came in the same packet as the request', async () => {
    await using server = await serve();
    using client = new RawClient(server.port);
    const lines = Object.entries(goodHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
    client.socket.write(
      Buffer.concat([Buffer.from(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`), frame(1, 'early'), closeFrame(1000)]),
    );
    await client.ended();
    assert.deepEqual(client.frames, [textSeen('early'), closeSeen(1000)]);
  });
});

describe('acceptWebSocket', () => {
  /** Runs one request through `act` and gives what it threw. */
  async function errorOf(act: Parameters<typeof serveRequests>[1], headers: readonly string[] = []): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await using server = await serveRequests({}, async (request, response) => {
      try {
        await act(request, response);
        resolve(undefined);
      } catch (error) {
        resolve(error);
        if (!response.headersSent) response.end();
      }
    });
    using client = await RawClient.open(server.port, headers);
    assert.notEqual(client.head, '');
    return await promise;
  }
  const codeOf = async (...args: Parameters<typeof errorOf>) =>
    ((await errorOf(...args)) as WebSocketError | undefined)?.code;

  test('gives the chosen sub-protocol to both ends', async () => {
    await using server = await serveRequests({}, async (request, response) => {
      assert.deepEqual(requestedSubprotocols(request), ['soap', 'chat']);
      await using socket = await acceptWebSocket(request, response, { subprotocol: 'chat' });
      await socket.send(socket.subprotocol);
      await socket.closed;
    });
    const client = await connectWebSocket(server.url, { subprotocols: ['soap', 'chat'] });
    assert.equal(client.subprotocol, 'chat');
    assert.equal((await client.receive())?.data, 'chat');
    await client.close();
  });

  test('refuses a sub-protocol that the client did not offer', async () => {
    const code = await codeOf(
      (request, response) => acceptWebSocket(request, response, { subprotocol: 'x' }),
      ['Sec-WebSocket-Protocol: y'],
    );
    assert.equal(code, 'invalid-argument');
  });

  test('accepts once, and only what was not answered yet', async () => {
    const twice = await codeOf(async (request, response) => {
      await acceptWebSocket(request, response);
      await acceptWebSocket(request, response);
    });
    assert.equal(twice, 'already-answered');
    const answered = await codeOf(async (request, response) => {
      response.end('too late');
      await acceptWebSocket(request, response);
    });
    assert.equal(answered, 'already-answered');
  });

  test('checkWebSocketRequest tells what is wrong beforehand and leaves the answer to the handler', async () => {
    await using server = await serveRequests({}, (request, response) => {
      const error = checkWebSocketRequest(request);
      response.writeHead(404, { 'x-code': error?.code ?? 'none', 'x-status': error?.facts.httpStatus ?? 0 }).end();
    });
    assert.match(
      (await answerTo(server.port, { 'Sec-WebSocket-Version': '8' })).head,
      /^x-code: unsupported-version\r\nx-status: 426$/im,
    );
    assert.match((await answerTo(server.port, { Upgrade: undefined })).head, /^x-code: not-a-websocket-request$/im);
    assert.match((await answerTo(server.port, {})).head, /^x-code: none$/im);
  });

  test('says when the response is not one of useWebSockets', async () => {
    const code = await codeOf(request => acceptWebSocket(request, new ServerResponse(request)));
    assert.equal(code, 'not-upgradable');
  });

  test('says when the request is an ordinary one', async () => {
    await using server = await serveRequests({}, () => {});
    const { promise, resolve } = Promise.withResolvers<unknown>();
    server.server.removeAllListeners('request');
    server.server.on('request', (request, response) => {
      response.end();
      acceptWebSocket(request, response).catch(resolve);
    });
    httpRequest({ port: server.port, agent: false })
      .on('response', response => response.resume())
      .end();
    assert.equal(((await promise) as WebSocketError).code, 'not-a-websocket-request');
  });
});

describe('connectWebSocket', () => {
  test('reports another status with its number, and does not follow redirects', async () => {
    await using server = await serveRequests({}, (_request, response) =>
      response.writeHead(302, { location: '/else' }).end(),
    );
    await assert.rejects(connectWebSocket(server.url), { code: 'handshake-refused', status: 302 });
  });

  test('reports a server that is not there, with the cause', async () => {
    const server = await serve();
    const { url } = server;
    await server[Symbol.asyncDispose]();
    await assert.rejects(connectWebSocket(url), (error: WebSocketError) => {
      assert.equal(error.code, 'connect-failed');
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
      return true;
    });
    await assert.rejects(connectWebSocket('ws://x/', { socketPath: '/nonexistent/socket' }), {
      code: 'connect-failed',
    });
  });

  test('gives up at the handshake time-out and at the signal', async () => {
    await using server = await serveRequests({}, () => {});
    await assert.rejects(connectWebSocket(server.url, { handshakeTimeoutMs: 30 }), { code: 'handshake-timeout' });
    await assert.rejects(connectWebSocket(server.url, { signal: AbortSignal.abort(new Error('never')) }), /never/);
    const controller = new AbortController();
    const attempt = connectWebSocket(server.url, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('changed my mind')));
    await assert.rejects(attempt, /changed my mind/);
    assert.equal(controller.signal.aborted, true);
  });

  test('refuses answers that break the handshake', async () => {
    const answers: [string, string][] = [
      [
        'HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: nonsense\r\n\r\n',
        'handshake-invalid',
      ],
      ['HTTP/1.1 101 x\r\nUpgrade: nonsense\r\nConnection: Upgrade\r\n\r\n', 'handshake-invalid'],
      ['no HTTP at all\r\n\r\n', 'handshake-invalid'],
      [
        `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
        'handshake-invalid',
      ],
    ];
    for (const [answer, code] of answers) {
      await using server = await serve();
      server.server.removeAllListeners('upgrade');
      server.server.on('upgrade', (_request, socket) => {
        socket.on('error', () => {});
        socket.end(answer);
      });
      await assert.rejects(connectWebSocket(server.url), { code });
    }
  });

  test('refuses wrong arguments', async () => {
    for (const url of ['nonsense', 'ftp://host/', 'ws://host/#fragment', '/path']) {
      await assert.rejects(connectWebSocket(url), { code: 'invalid-url' }, url);
    }
    const wrong = [
      { subprotocols: ['a', 'a'] },
      { subprotocols: ['a b'] },
      { headers: { 'bad header': 'x' } },
      { headers: { x: 'a\r\nb' } },
      { maxFragments: -1 },
    ];
    for (const options of wrong) {
      await assert.rejects(
        connectWebSocket('ws://127.0.0.1:1/', options as ClientOptions),
        { code: 'invalid-argument' },
        JSON.stringify(options),
      );
    }
  });

  test('sends the headers it is given, query and credentials of the URL', async () => {
    const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
    await using server = await serve({}, async (_socket, request) => resolve(request));
    const client = await connectWebSocket(`ws://me:secret@127.0.0.1:${server.port}/a/b?c=d`, {
      headers: { 'X-Test': 'yes' },
    });
    const request = await promise;
    assert.equal(request.url, '/a/b?c=d');
    assert.equal(request.headers['x-test'], 'yes');
    assert.equal(request.headers.authorization, `Basic ${Buffer.from('me:secret').toString('base64')}`);
    assert.equal(request.headers.host, `127.0.0.1:${server.port}`);
    await client.closed;
    await waitFor('the client to be gone', () => !client.isOpen);
  });
});
