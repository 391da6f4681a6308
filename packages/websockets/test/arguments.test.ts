// The caller's mistakes, all of the public face in one table: what has the wrong kind is refused with a code of ours, and
// nothing else suffers.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { leakCheck } from '@longhaul/testing';
import * as longhaul from '@longhaul/websockets';
import {
  connectWebSocket,
  createWebSocketClass,
  defaults,
  encodeMessage,
  type WebSocketConnection,
  WebSocketError,
  type WebSocketErrorCode,
} from '@longhaul/websockets';
import { clientDefaults } from '../src/client-options.ts';
import { compressionDefaults } from '../src/compression-options.ts';
import { serverDefaults } from '../src/server-options.ts';
import { acceptingWith, echo, serve, serveRequests } from './echo-server.ts';

after(leakCheck());

/** Everything public, for JavaScript: no type stands in the way of a mistake. */
// biome-ignore lint/suspicious/noExplicitAny: that is the point
const api = longhaul as any;

/** No string can be made of the last one. */
const strangers: readonly unknown[] = [null, 5, true, 'word', Symbol('s'), 5n, () => {}, [], Object.create(null)];
const except = (...kinds: readonly string[]) => strangers.filter(value => !kinds.includes(kindOf(value)));
const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
const named = (value: unknown) => (kindOf(value) === 'object' ? 'an object without a prototype' : String(value));

/** Calls it; true when it gave something back, else what it threw or rejected with. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return true;
  } catch (error) {
    return error;
  }
}

async function refuses(what: string, code: WebSocketErrorCode, call: () => unknown): Promise<void> {
  const outcome = await outcomeOf(call);
  assert.ok(outcome instanceof WebSocketError, `${what}: ${outcome === true ? 'was taken' : String(outcome)}`);
  assert.equal(outcome.code, code, what);
}

describe('without a connection', () => {
  const request = { method: 'GET', headers: {} };
  const bareServer = createTcpServer();
  const server = createServer();
  const calls: readonly [
    what: string,
    code: WebSocketErrorCode,
    values: readonly unknown[],
    call: (value: unknown) => unknown,
  ][] = [
    [
      'useWebSockets(X)',
      'invalid-argument',
      [...strangers, {}, undefined, bareServer],
      value => api.useWebSockets(value),
    ],
    ['useWebSockets(server, X)', 'invalid-argument', except('object'), value => api.useWebSockets(server, value)],
    [
      'isWebSocketRequest(X)',
      'invalid-argument',
      [...strangers, {}, undefined],
      value => api.isWebSocketRequest(value),
    ],
    [
      'checkWebSocketRequest(X)',
      'invalid-argument',
      [...strangers, {}, undefined],
      value => api.checkWebSocketRequest(value),
    ],
    [
      'requestedSubprotocols(X)',
      'invalid-argument',
      [...strangers, {}, undefined],
      value => api.requestedSubprotocols(value),
    ],
    [
      'acceptWebSocket(X, {})',
      'invalid-argument',
      [...strangers, {}, undefined],
      value => api.acceptWebSocket(value, {}),
    ],
    [
      'acceptWebSocket(request, X)',
      'invalid-argument',
      [...except('object'), undefined],
      value => api.acceptWebSocket(request, value),
    ],
    [
      'acceptWebSocket(request, {}, X)',
      'invalid-argument',
      except('object'),
      value => api.acceptWebSocket(request, {}, value),
    ],
    ['acceptWebSocket(request, {})', 'not-a-websocket-request', [undefined], () => api.acceptWebSocket(request, {})],
    [
      'handleWebSocket(X, {}, echo)',
      'invalid-argument',
      [...strangers, {}, undefined],
      value => api.handleWebSocket(value, {}, echo),
    ],
    [
      'handleWebSocket(request, X, echo)',
      'invalid-argument',
      [...except('object'), undefined],
      value => api.handleWebSocket(request, value, echo),
    ],
    [
      'handleWebSocket(request, {}, X)',
      'invalid-argument',
      [...except('function'), undefined],
      value => api.handleWebSocket(request, {}, value),
    ],
    [
      'handleWebSocket(request, {}, echo, X)',
      'invalid-argument',
      except('object'),
      value => api.handleWebSocket(request, {}, echo, value),
    ],
    [
      'connectWebSocket(X)',
      'invalid-url',
      [...strangers, {}, undefined, 'ws://h/#f', 'ftp://h/'],
      value => api.connectWebSocket(value),
    ],
    [
      'connectWebSocket(url, X)',
      'invalid-argument',
      except('object'),
      value => api.connectWebSocket('ws://127.0.0.1:1', value),
    ],
    ['encodeMessage(X)', 'invalid-argument', [...except('string'), {}, undefined], value => api.encodeMessage(value)],
    ['encodeMessage(data, X)', 'invalid-argument', except('object'), value => api.encodeMessage('data', value)],
    ['encodeMessage(data, { type: X })', 'invalid-argument', strangers, type => api.encodeMessage('data', { type })],
    [
      'encodeMessage(no UTF-8, text)',
      'invalid-text',
      [Buffer.of(0xff)],
      value => api.encodeMessage(value, { type: 'text' }),
    ],
    [
      'broadcast(X, data)',
      'invalid-argument',
      [...except('array', 'string'), {}, undefined],
      value => api.broadcast(value, 'data'),
    ],
    [
      'broadcast([X], data)',
      'invalid-argument',
      [...strangers, {}, undefined],
      value => api.broadcast([value], 'data'),
    ],
    ['broadcast([], X)', 'invalid-argument', [...except('string'), {}, undefined], value => api.broadcast([], value)],
    ['broadcast([], data, X)', 'invalid-argument', except('object'), value => api.broadcast([], 'data', value)],
    ['broadcast([], data, { type: X })', 'invalid-argument', strangers, type => api.broadcast([], 'data', { type })],
    [
      'broadcast([], data, { compress: X })',
      'invalid-argument',
      except('boolean'),
      compress => api.broadcast([], 'data', { compress }),
    ],
    ['toNodeStream(X)', 'invalid-argument', [...strangers, {}, undefined], value => api.toNodeStream(value)],
    ['toWebStreams(X)', 'invalid-argument', [...strangers, {}, undefined], value => api.toWebStreams(value)],
    ['proxyFromEnvironment(X)', 'invalid-url', [...strangers, {}, undefined], value => api.proxyFromEnvironment(value)],
    [
      'proxyFromEnvironment(url, X)',
      'invalid-argument',
      except('object'),
      value => api.proxyFromEnvironment('ws://h', value),
    ],
    ['createWebSocketClass(X)', 'invalid-argument', except('object'), value => api.createWebSocketClass(value)],
    [
      'createWebSocketClass({ tls: X })',
      'invalid-argument',
      except('object'),
      tls => api.createWebSocketClass({ tls }),
    ],
    [
      'new WebSocket(url, [], X)',
      'invalid-argument',
      except('object'),
      value => Reflect.construct(createWebSocketClass(), ['ws://h', [], value]),
    ],
    [
      'new WebSocket(url, [], { tls: X })',
      'invalid-argument',
      except('object'),
      tls => Reflect.construct(createWebSocketClass(), ['ws://h', [], { tls }]),
    ],
  ];
  for (const [what, code, values, call] of calls) {
    test(`${what} is ${code}`, async () => {
      for (const value of values) await refuses(`${what} with ${named(value)}`, code, () => call(value));
    });
  }

  test('every function of the public face is in that table', () => {
    const functions = Object.keys(longhaul).filter(name => typeof api[name] === 'function');
    const objects = ['EncodedMessage', 'WebSocketConnection', 'WebSocketError'];
    const inTable = new Set(calls.map(([what]) => what.split('(')[0]));
    assert.deepEqual(
      functions.filter(name => !objects.includes(name) && !inTable.has(name)),
      [],
    );
  });

  test("the browser's class says what a browser says", () => {
    const WebSocketClass = createWebSocketClass();
    for (const value of [...strangers, {}, undefined]) {
      assert.throws(() => Reflect.construct(WebSocketClass, [value]), { name: 'SyntaxError' }, named(value));
    }
    for (const value of [...except('string', 'array'), [5], ['a', 'a'], 'a b', {}]) {
      assert.throws(() => Reflect.construct(WebSocketClass, ['ws://h', value]), { name: 'SyntaxError' }, named(value));
    }
  });
});

describe('options', () => {
  const client = [
    'socketPath',
    'tls',
    'headers',
    'subprotocols',
    'http2Session',
    'proxy',
    'signal',
    ...Object.keys(clientDefaults),
  ];
  const server = ['allowedOrigins', 'onHandlerError', ...Object.keys(serverDefaults)];
  const connection = Object.keys(defaults);
  /** What is right for them among the strangers. */
  const fitting: Readonly<Record<string, readonly string[]>> = {
    abortsWhenSilentForTwiceTheInterval: ['boolean'],
    compression: ['boolean', 'object'],
    socketPath: ['string'],
    proxy: ['function'],
    tls: ['object'],
    headers: ['object'],
    subprotocols: ['array'],
    allowedOrigins: ['array'],
    onHandlerError: ['function'],
  };
  const numbers = new Set([...connection, ...Object.keys(clientDefaults), ...Object.keys(serverDefaults)]);
  for (const name of ['outputPolicy', 'closeAnswer', 'httpVersion', ...Object.keys(fitting)]) numbers.delete(name);
  const wrongFor = (name: string) => [
    ...except(...(fitting[name] ?? (numbers.has(name) ? ['number'] : []))),
    ...(numbers.has(name)
      ? [Number.NaN, -1, '5']
      : [{ toString: () => 'x' }].filter(() => fitting[name]?.includes('object') !== true)),
  ];

  for (const name of [...connection, ...client]) {
    test(`connectWebSocket refuses a wrong ${name}`, async () => {
      for (const value of wrongFor(name)) {
        await refuses(`${name}: ${named(value)}`, 'invalid-argument', () =>
          api.connectWebSocket('ws://127.0.0.1:1', { [name]: value }),
        );
      }
    });
  }
  for (const name of [...connection, ...server]) {
    test(`useWebSockets refuses a wrong ${name}`, async () => {
      const httpServer = createServer();
      for (const value of wrongFor(name)) {
        await refuses(`${name}: ${named(value)}`, 'invalid-argument', () =>
          api.useWebSockets(httpServer, { [name]: value }),
        );
      }
      assert.equal(httpServer.listenerCount('upgrade'), 0);
    });
  }
  for (const name of Object.keys(compressionDefaults)) {
    test(`a wrong compression.${name} is refused`, async () => {
      const isBoolean = name.endsWith('Takeover');
      for (const value of [...except(isBoolean ? 'boolean' : 'number'), ...(isBoolean ? [] : [-1, Number.NaN, 9.5])]) {
        const options = { compression: { [name]: value } };
        await refuses(`${name}: ${named(value)}`, 'invalid-argument', () =>
          api.connectWebSocket('ws://127.0.0.1:1', options),
        );
      }
    });
  }

  test('acceptWebSocket refuses a wrong option and the client gets an answer', async () => {
    for (const wrong of [...connection, 'subprotocol'].flatMap(name =>
      wrongFor(name).map(value => ({ [name]: value })),
    )) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      await using there = await serveRequests({ onHandlerError: resolve }, async (request, response) => {
        await api.acceptWebSocket(request, response, wrong);
      });
      await refuses(Object.keys(wrong).join(), 'handshake-refused', () => connectWebSocket(there.url));
      await refuses(Object.keys(wrong).join(), 'invalid-argument', async () => {
        throw await promise;
      });
    }
  });

  test('a proxy that a function names is looked at too', async () => {
    for (const value of [...except('string'), 'socks5://p', 'no url', {}, { url: 5 }, { url: {} }]) {
      const options = { proxy: () => value };
      await refuses(named(value), 'invalid-argument', () => api.connectWebSocket('ws://127.0.0.1:1', options));
    }
  });
});

test('a connection refuses what is wrong and lives on', async () => {
  await using server = await serve();
  await using client = await connectWebSocket(server.url);
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const socket = client as any;
  const encoded = encodeMessage('data');
  const calls: readonly [
    what: string,
    code: WebSocketErrorCode,
    values: readonly unknown[],
    call: (value: unknown) => unknown,
  ][] = [
    ['send(X)', 'invalid-argument', [...except('string'), {}, undefined], value => socket.send(value)],
    ['send(data, X)', 'invalid-argument', except('object'), value => socket.send('data', value)],
    ['send(encoded, X)', 'invalid-argument', except('object'), value => socket.send(encoded, value)],
    ['send(data, { type: X })', 'invalid-argument', strangers, type => socket.send('data', { type })],
    [
      'send(data, { endOfMessage: X })',
      'invalid-argument',
      except('boolean'),
      endOfMessage => socket.send('data', { endOfMessage }),
    ],
    [
      'send(data, { compress: X })',
      'invalid-argument',
      except('boolean'),
      compress => socket.send('data', { compress }),
    ],
    [
      'send(encoded, { endOfMessage: X })',
      'invalid-argument',
      [false],
      endOfMessage => socket.send(encoded, { endOfMessage }),
    ],
    ['send(encoded, { type: X })', 'invalid-argument', ['binary'], type => socket.send(encoded, { type })],
    ['send(no UTF-8, text)', 'invalid-text', [Buffer.of(0xff)], value => socket.send(value, { type: 'text' })],
    ['ping(X)', 'invalid-argument', [...except('string'), {}], value => socket.ping(value)],
    ['ping(126 bytes)', 'control-payload-too-long', ['x'.repeat(126)], value => socket.ping(value)],
    ['close(X)', 'invalid-argument', [...except('number'), '1000', {}], value => socket.close(value)],
    [
      'close(number)',
      'invalid-close-code',
      [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, -1000, Number.NaN],
      value => socket.close(value),
    ],
    ['close(1000, X)', 'invalid-argument', [...except('string'), {}], value => socket.close(1000, value)],
    ['close(1000, 124 bytes)', 'close-reason-too-long', ['x'.repeat(124)], value => socket.close(1000, value)],
    ['toNodeStream(connection, X)', 'invalid-argument', except('object'), value => api.toNodeStream(socket, value)],
    [
      'toNodeStream(connection, { objectMode: X })',
      'invalid-argument',
      except('boolean'),
      objectMode => api.toNodeStream(socket, { objectMode }),
    ],
    [
      'toNodeStream(connection, { type: X })',
      'invalid-argument',
      strangers,
      type => api.toNodeStream(socket, { type }),
    ],
  ];
  for (const [what, code, values, call] of calls) {
    for (const value of values) await refuses(`${what} with ${named(value)}`, code, () => call(value));
  }
  // Nothing of all that was queued.
  await client.send('still here');
  assert.equal((await client.receive())?.data, 'still here');
});

test('a broadcast has reached nobody behind the thing that is no connection', async () => {
  const { promise, resolve } = Promise.withResolvers<WebSocketConnection>();
  await using server = await serveRequests(
    {},
    acceptingWith(async socket => {
      resolve(socket);
      await socket.closed;
    }),
  );
  await using client = await connectWebSocket(server.url);
  const accepted = await promise;
  await refuses('in the middle', 'invalid-argument', () => api.broadcast([accepted, {}], 'first'));
  await refuses('at the beginning', 'invalid-argument', () => api.broadcast([{}, accepted], 'second'));
  assert.equal(longhaul.broadcast([accepted], new Uint8Array([0x33]).buffer), 1);
  assert.equal((await client.receive())?.data, 'first');
  assert.deepEqual((await client.receive())?.data, Buffer.from('3'));
});
