// Every kind of request on every state of a connection (§1, §1.1, §3, §4), as one table; and the transitions between the
// states, each test named by its row.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { after, describe, type TestContext, test } from 'node:test';
import { defineHub } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import WebSocket from 'ws';
import { bareClient, bareHubClient, jsonHandshake, refusedUpgrade } from './bare-client.ts';
import { type Host, host } from './host.ts';
import { ask, eventStream, negotiated, polling, post, rawRequest } from './http-client.ts';

const events: string[] = [];
const hub = defineHub<{ note(text: string): void }>()({
  methods: {
    echo: (_call, value: unknown) => value,
    leave: call => call.abort(),
    wait: call => new Promise(resolve => call.signal.addEventListener('abort', resolve)),
    query: call => call.request.url ?? null,
  },
  onConnected: () => void events.push('connected'),
  onDisconnected: (_call, error) => void events.push(error === undefined ? 'ended' : 'lost'),
});

const call = (target: string, ...args: unknown[]) =>
  JSON.stringify({ type: 1, invocationId: '1', target, arguments: args });
const result = (value: unknown) => `{"type":3,"invocationId":"1","result":${JSON.stringify(value)}}\u001e`;

type Kind = 'WebSocket' | 'SSE' | 'poll' | 'POST' | 'DELETE';

/** Sends one request of a kind and gives status and body; a transport that was let in is 101, or 200 without a body. */
async function answerTo(t: TestContext, kind: Kind, target: string): Promise<string> {
  if (kind === 'WebSocket') {
    const { status, body } = await refusedUpgrade(target);
    return `${status} ${body}`.trim();
  }
  if (kind === 'SSE') {
    const stream = await eventStream(t, target);
    if (stream.response.statusCode !== 200) await stream.ended;
    return `${stream.response.statusCode} ${stream.response.statusCode === 200 ? '' : stream.text}`.trim();
  }
  const method = kind === 'poll' ? 'GET' : kind;
  const { status, body } = await ask(target, { method });
  return `${status} ${body}`.trim();
}

const states: Readonly<Record<string, (t: TestContext, place: Host) => Promise<string>>> = {
  'negotiated only': (_t, { url }) => negotiated(`${url}/hub`),
  'on a WebSocket': async (t, { url }) => {
    const target = await negotiated(`${url}/hub`);
    await bareHubClient(t, target);
    return target;
  },
  'on an event stream': async (t, { url }) => {
    const target = await negotiated(`${url}/hub`);
    await eventStream(t, target);
    return target;
  },
  'on long polling': (_t, { url }) => polling(`${url}/hub`),
  ended: async (_t, { url }) => {
    const target = await polling(`${url}/hub`);
    assert.equal((await ask(target, { method: 'DELETE' })).status, 202);
    return target;
  },
};

const change = '400 Cannot change transports mid-connection';
const noDelete = '400 Cannot terminate this connection using the DELETE endpoint.';
const unknown = '404 No Connection with that ID';
const table: Readonly<Record<string, Partial<Record<Kind, string>>>> = {
  'negotiated only': { SSE: '200', poll: '200', POST: '200', DELETE: noDelete },
  'on a WebSocket': {
    WebSocket: '409',
    SSE: change,
    poll: change,
    POST: '405 POST requests are not allowed for WebSocket connections.',
    DELETE: noDelete,
  },
  'on an event stream': { WebSocket: change, SSE: '409', poll: change, POST: '200', DELETE: noDelete },
  'on long polling': { WebSocket: change, SSE: change, POST: '200', DELETE: '202' },
  ended: { WebSocket: unknown, SSE: unknown, poll: unknown, POST: unknown, DELETE: unknown },
};

describe('§1.1 every request in every state of a connection', () => {
  after(leakCheck());
  for (const [state, rows] of Object.entries(table)) {
    for (const [kind, expected] of Object.entries(rows)) {
      test(`§1.1 ${kind} ${state}: ${expected}`, async t => {
        const place = await host(t, hub);
        const target = await states[state]!(t, place);
        assert.equal(await answerTo(t, kind as Kind, target), expected);
      });
    }
  }
});

describe('§1 which request is which', () => {
  after(leakCheck());

  /** A GET that is right as an upgrade, with an Accept list. */
  const upgradeWith = async (t: TestContext, target: string, accept: string): Promise<string> => {
    const socket = new WebSocket(target.replace('http:', 'ws:'), { headers: { accept } });
    t.after(() => socket.terminate());
    socket.on('error', () => {});
    return await new Promise(resolve => {
      socket.on('open', () => resolve('WebSocket'));
      socket.on('unexpected-response', (_request, { statusCode, headers }: IncomingMessage) => {
        resolve(`${statusCode} ${headers['content-type']}`);
      });
    });
  };

  test('§1 the order for a GET: an Accept list with text/event-stream comes before an upgrade', async t => {
    const { url } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    assert.equal(await upgradeWith(t, target, 'text/html, Text/Event-Stream'), '200 text/event-stream');
  });

  test('§1 text/event-stream with a parameter is another media type', async t => {
    const { url } = await host(t, hub);
    assert.equal(await upgradeWith(t, await negotiated(`${url}/hub`), 'text/event-stream;q=0.9'), 'WebSocket');
    const headers = { accept: 'text/event-stream;q=0.9, */*' };
    const poll = await ask(await negotiated(`${url}/hub`), { headers });
    assert.deepEqual([poll.status, poll.headers.get('content-type')], [200, 'application/octet-stream']);
  });

  test("§1 keys of the query in any case, the application's own and the cache buster of polls are kept apart", async t => {
    const { url } = await host(t, hub);
    const [, token] = (await negotiated(`${url}/hub`)).split('?id=');
    const target = `${url}/HuB/?tenant=7&ID=${token}&_=1700000000000`;
    assert.equal((await ask(target)).status, 200);
    await post(target, jsonHandshake);
    assert.equal((await ask(target)).body, '{}\u001e');
    await post(target, call('query'));
    assert.equal((await ask(target)).body, result(`/HuB/?tenant=7&ID=${token}&_=1700000000000`));
  });
});

describe('§3 the states of a connection', () => {
  after(leakCheck());

  test('§3 Inactive to Active by the first attach, to Inactive between polls, and Active again: one run of the hub', async t => {
    const { url, hubs } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    events.length = 0;
    assert.equal(hubs.connectionCount, 0);
    assert.equal((await ask(target)).status, 200);
    await post(target, jsonHandshake);
    assert.equal((await ask(target)).body, '{}\u001e');
    for (let n = 0; n < 3; n += 1) {
      await post(target, call('echo', n));
      assert.equal((await ask(target)).body, result(n));
    }
    assert.equal(hubs.connectionCount, 1);
    assert.deepEqual(events, ['connected']);
    await ask(target, { method: 'DELETE' });
    await waitFor('the end', () => hubs.connectionCount === 0);
    assert.deepEqual(events, ['connected', 'ended']);
  });

  test('§3 Inactive to Disposed: a connection that has polled and polls no more', async t => {
    const { url, hubs } = await host(t, hub, { endpoint: { disconnectTimeoutMs: 150 } });
    const target = await polling(`${url}/hub`);
    events.length = 0;
    await waitFor('the end', () => hubs.connectionCount === 0);
    assert.deepEqual(events, ['ended']);
    assert.equal((await ask(target)).status, 404);
  });

  test('§3 the server shuts down: what was negotiated and never opened is unknown, the path is free', async t => {
    const { url, hubs } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    await hubs.close();
    const { status, body } = await ask(target);
    assert.equal(status, 404);
    assert.notEqual(body, 'No Connection with that ID');
  });

  test('§1.1 a request on a connection that is disposed meanwhile: 404, empty', async t => {
    const { url } = await host(t, hub, {
      endpoint: { transportMaxBufferSize: 100, longPolling: { pollTimeoutMs: 100 } },
    });
    const target = await polling(`${url}/hub`);
    await post(target, call('wait'));
    await post(target, call('wait'));
    const held = post(target, call('echo', 'x'.repeat(500)));
    const behind = post(target, call('echo', 1));
    // Both have arrived when a poll that was sent after them has been answered.
    assert.equal((await ask(target)).body, '');
    await ask(target, { method: 'DELETE' });
    for (const { status, body } of await Promise.all([held, behind])) assert.deepEqual([status, body], [404, '']);
  });

  test('§3 a client that leaves the answer to its poll unread for transportSendTimeoutMs is cut off', async t => {
    const { url, hubs } = await host(t, hub, {
      endpoint: { transportSendTimeoutMs: 200, maximumBufferedBytes: 1e9 },
    });
    const target = await polling(`${url}/hub`);
    events.length = 0;
    await hubs.context(hub).clients.all.note('x'.repeat(20_000_000));
    const slow = rawRequest(t, url, `GET ${target.slice(url.length)} HTTP/1.1\nHost: x\n\n`);
    await slow.answer;
    slow.socket.pause();
    await waitFor('the end', () => hubs.connectionCount === 0);
    assert.deepEqual(events, ['lost']);
  });
});

describe('§4 the transports', () => {
  after(leakCheck());

  test('§4.1 every frame of ours ends where a message ends, however much is sent at once', async t => {
    const { url, hubs } = await host(t, hub);
    const client = await bareHubClient(t, `${url}/hub`);
    for (let n = 0; n < 200; n += 1) {
      client.send(call('echo', 'é'.repeat(n * 10)));
      void hubs.context(hub).clients.all.note('x'.repeat(n));
    }
    await waitFor('everything', () => client.heard.length >= 400);
    for (const frame of client.frames) assert.ok(frame.endsWith('\u001e'));
  });

  test('§4.1 a client that does not answer our Close is cut off after closeTimeoutMs', async t => {
    const { url, server } = await host(t, hub, { endpoint: { webSockets: { closeTimeoutMs: 100 } } });
    const { socket, answer } = rawRequest(
      t,
      url,
      'GET /hub HTTP/1.1\nHost: x\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n',
    );
    assert.match(await answer, /^HTTP\/1\.1 101 /);
    const gone = new Promise<void>(resolve => socket.once('close', () => resolve()));
    const heard: Buffer[] = [];
    socket.on('data', chunk => heard.push(chunk as Buffer));
    const text = Buffer.from(`${jsonHandshake}\u001e${call('leave')}\u001e`);
    socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), text]));
    await gone;
    const bytes = Buffer.concat(heard);
    assert.ok(bytes.includes(`{"type":7}\u001e`));
    // Close, two bytes: 1000.
    assert.deepEqual([...bytes.subarray(-4)], [0x88, 2, 0x03, 0xe8]);
    await waitFor('no socket left', () => connectionsOf(server).then(count => count === 0));
  });

  test('§4.3 a poll that took the place of another gets 204 too when the connection has ended meanwhile', async t => {
    const { url, hubs } = await host(t, hub, { endpoint: { maximumBufferedBytes: 1e9 } });
    const target = await polling(`${url}/hub`);
    await hubs.context(hub).clients.all.note('x'.repeat(20_000_000));
    const slow = rawRequest(t, url, `GET ${target.slice(url.length)} HTTP/1.1\nHost: x\n\n`);
    await slow.answer;
    slow.socket.pause();
    const second = ask(target);
    await post(target, '{"type":6}');
    assert.equal((await ask(target, { method: 'DELETE' })).status, 202);
    slow.socket.resume();
    assert.equal((await second).status, 204);
  });

  test('§4.4 before the event stream: 200, and the bytes are there when it comes', async t => {
    const { url } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    assert.equal((await post(target, jsonHandshake, call('echo', 1))).status, 200);
    const stream = await eventStream(t, target);
    await waitFor('the answers', () => stream.text.includes('"result":1'));
    assert.ok(stream.text.startsWith(':\r\ndata: {}\u001e\r\n\r\n'));
  });
});

describe('§9 what a connection keeps when it goes on', () => {
  after(leakCheck());

  test('§9.8 messages that come before the Sequence are taken; §9.9 id, groups, items and user stay', async t => {
    const seen: string[] = [];
    const keeping = defineHub<{ note(text: string): void }>()({
      methods: {
        keep: async call => {
          call.items.set('a', 1);
          await call.groups.add(call.connectionId, 'g');
        },
        kept: call => [call.connectionId, call.items.get('a') ?? null, call.userIdentifier ?? null],
      },
      onConnected: () => void seen.push('connected'),
      onDisconnected: () => void seen.push('disconnected'),
    });
    const { url, hubs } = await host(t, keeping, {
      endpoint: { allowStatefulReconnects: true, authorize: () => ({ allowed: true, user: { id: 'ann' } }) },
    });
    const answer = await ask(`${url}/hub/negotiate?negotiateVersion=1&useStatefulReconnect=true`, { method: 'POST' });
    const { connectionId, connectionToken } = JSON.parse(answer.body) as Record<string, string>;
    const first = await bareClient(t, `${url}/hub?id=${connectionToken}`);
    first.send('{"protocol":"json","version":2}', call('keep'));
    assert.equal(await first.next(), '{}');
    assert.equal(`${await first.next()}\u001e`, result(null));
    first.socket.terminate();
    await waitFor('the cut', () => first.socket.readyState === first.socket.CLOSED);
    const second = await bareClient(t, `${url}/hub?id=${connectionToken}`);
    second.send(call('kept'));
    assert.equal(await second.next(), '{"type":9,"sequenceId":1}');
    assert.equal(`${await second.next()}\u001e`, result(null));
    assert.equal(`${await second.next()}\u001e`, result([connectionId, 1, 'ann']));
    await hubs.context(keeping).clients.group('g').note('still in');
    assert.equal(await second.next(), '{"type":1,"target":"note","arguments":["still in"]}');
    assert.deepEqual(seen, ['connected']);
  });

  test('§9.5 a second WebSocket for a connection that has ended: refused, it goes nowhere', async t => {
    const { url, hubs } = await host(t, hub, { endpoint: { allowStatefulReconnects: true } });
    const answer = await ask(`${url}/hub/negotiate?negotiateVersion=1&useStatefulReconnect=true`, { method: 'POST' });
    const target = `${url}/hub?id=${(JSON.parse(answer.body) as { connectionToken: string }).connectionToken}`;
    const first = await bareClient(t, target);
    first.send('{"protocol":"json","version":2}', call('leave'));
    await first.closed;
    await waitFor('the end', () => hubs.connectionCount === 0);
    assert.equal((await refusedUpgrade(target)).status, 404);
  });
});

function connectionsOf(server: Host['server']): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}
