// Server-Sent Events and long polling on the wire (§1.1, §4.2, §4.3, §4.4), each test named by its row.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { defineHub } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { bareHubClient, jsonHandshake, refusedUpgrade } from './bare-client.ts';
import { host } from './host.ts';
import { ask, eventStream, negotiated, polling, post, rawRequest } from './http-client.ts';

interface Client {
  note(text: string): void;
}

const ends: unknown[] = [];
const hub = defineHub<Client>()({
  methods: {
    echo: (_call, value: unknown) => value,
    where: call => call.request.url?.split('?')[0] ?? null,
    leave: call => call.abort(),
    wait: call => new Promise(resolve => call.signal.addEventListener('abort', resolve)),
  },
  onDisconnected: (_call, error) => ends.push(error ?? 'wanted'),
});

const invocation = (id: string, target: string, ...args: unknown[]) =>
  JSON.stringify({ type: 1, invocationId: id, target, arguments: args });
const sse = { headers: { accept: 'text/event-stream' } };
const noCache = ['no-cache, no-store', 'no-cache', 'Thu, 01 Jan 1970 00:00:00 GMT'];
const noCacheOf = (headers: Headers) => ['cache-control', 'pragma', 'expires'].map(name => headers.get(name));

describe('Server-Sent Events (§4.2)', () => {
  after(leakCheck());

  test('§4.2 200, the headers, a comment at once; each message is an event', async t => {
    const { url } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    const stream = await eventStream(t, target);
    const { headers, statusCode } = stream.response;
    assert.equal(statusCode, 200);
    assert.deepEqual(
      [headers['content-type'], headers['cache-control'], headers.pragma, headers['content-encoding']],
      ['text/event-stream', 'no-cache,no-store', 'no-cache', 'identity'],
    );
    await waitFor('the comment', () => stream.text === ':\r\n');
    assert.deepEqual((await post(target, jsonHandshake)).status, 200);
    await post(target, invocation('1', 'echo', 'é\n'));
    const expected = ':\r\ndata: {}\u001e\r\n\r\ndata: {"type":3,"invocationId":"1","result":"é\\n"}\u001e\r\n\r\n';
    await waitFor('the result', () => stream.text === expected);
  });

  test('§5 messagepack is refused in the handshake: the transport carries text only', async t => {
    const { url } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    const stream = await eventStream(t, target);
    await post(target, '{"protocol":"messagepack","version":1}');
    await stream.ended;
    assert.match(
      stream.text,
      /data: \{"error":"Cannot use the 'messagepack' protocol on the current transport\. The transport does not support 'Binary' transfer format\."\}/,
    );
  });

  test('§1.1 a second SSE request: 409, empty; afterwards 400 for another transport, 400 for DELETE', async t => {
    const { url } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    await eventStream(t, target);
    const second = await ask(target, sse);
    assert.deepEqual([second.status, second.body], [409, '']);
    const poll = await ask(target);
    assert.deepEqual([poll.status, poll.body], [400, 'Cannot change transports mid-connection']);
    assert.deepEqual(await refusedUpgrade(target), {
      status: 400,
      body: 'Cannot change transports mid-connection',
      type: 'text/plain',
    });
    const deleted = await ask(target, { method: 'DELETE' });
    assert.deepEqual(
      [deleted.status, deleted.body],
      [400, 'Cannot terminate this connection using the DELETE endpoint.'],
    );
  });

  test('§4.2 the client closes its request: the connection ends as wanted, its token is unknown', async t => {
    const { url, hubs } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    const stream = await eventStream(t, target);
    await post(target, jsonHandshake);
    await waitFor('the handshake', () => stream.text.includes('{}'));
    ends.length = 0;
    stream.close();
    await waitFor('the end', () => hubs.connectionCount === 0);
    assert.deepEqual(ends, ['wanted']);
    assert.equal((await ask(target, { method: 'POST' })).status, 404);
  });

  test('§4.2 the server ends: what was written goes out, then the response ends', async t => {
    const { url } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    const stream = await eventStream(t, target);
    await post(target, jsonHandshake, invocation('1', 'leave'));
    await stream.ended;
    assert.equal(stream.text.endsWith('data: {"type":7}\u001e\r\n\r\n'), true);
    assert.equal(stream.response.complete, true);
  });

  test('§3 a client that reads nothing for transportSendTimeoutMs is cut off', async t => {
    const { url, hubs } = await host(t, hub, {
      endpoint: { transportSendTimeoutMs: 200, maximumBufferedBytes: 1e9, slowConsumer: 'disconnect' },
    });
    const target = await negotiated(`${url}/hub`);
    const stream = await eventStream(t, target);
    await post(target, jsonHandshake);
    await waitFor('the handshake', () => stream.text.includes('{}'));
    stream.response.pause();
    ends.length = 0;
    const text = 'x'.repeat(1_000_000);
    for (let n = 0; n < 30; n += 1) void hubs.context(hub).clients.all.note(text);
    await waitFor('the end', () => hubs.connectionCount === 0);
    assert.match(String((ends[0] as Error).cause), /read nothing for 200 ms/);
  });
});

describe('long polling (§4.3)', () => {
  after(leakCheck());

  test('§4.3 the first poll: at once 200, application/octet-stream, empty, nothing to be cached', async t => {
    const { url } = await host(t, hub);
    const { status, body, headers } = await ask(await negotiated(`${url}/hub`));
    assert.deepEqual([status, body], [200, '']);
    assert.deepEqual([headers.get('content-type'), headers.get('content-length')], ['application/octet-stream', '0']);
    assert.deepEqual(noCacheOf(headers), noCache);
  });

  test('§4.3 a poll gets everything that waits, in one answer with its length', async t => {
    const { url } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    await post(target, invocation('1', 'echo', 'a'), invocation('2', 'echo', 'b'));
    const { status, body, headers } = await ask(target);
    assert.deepEqual(
      [status, body],
      [200, '{"type":3,"invocationId":"1","result":"a"}\u001e{"type":3,"invocationId":"2","result":"b"}\u001e'],
    );
    assert.equal(headers.get('content-type'), 'application/octet-stream');
    assert.equal(headers.get('content-length'), String(body.length));
    assert.deepEqual(noCacheOf(headers), noCache);
  });

  test('§4.3 a poll that waits is answered when there is something', async t => {
    const { url, hubs } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const waiting = ask(target);
    await post(target, invocation('1', 'echo', 1));
    assert.equal((await waiting).body, '{"type":3,"invocationId":"1","result":1}\u001e');
    const next = ask(target);
    await hubs.context(hub).clients.all.note('hi');
    assert.equal((await next).body, '{"type":1,"target":"note","arguments":["hi"]}\u001e');
  });

  test('§4.3 no data for pollTimeoutMs: 200, text/plain, empty; the next poll goes on', async t => {
    const { url } = await host(t, hub, { endpoint: { longPolling: { pollTimeoutMs: 100 } } });
    const target = await polling(`${url}/hub`);
    const { status, body, headers } = await ask(target);
    assert.deepEqual([status, body, headers.get('content-type')], [200, '', 'text/plain']);
    assert.equal(headers.get('content-length'), '0');
    await post(target, invocation('1', 'echo', 1));
    assert.match((await ask(target)).body, /"result":1/);
  });

  test('§4.3 the end: what is left by 200, then 204, then the token is unknown', async t => {
    const { url, hubs } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    await post(target, invocation('1', 'leave'));
    const last = await ask(target);
    assert.deepEqual([last.status, last.body], [200, '{"type":7}\u001e']);
    assert.equal((await ask(target)).status, 204);
    const gone = await ask(target);
    assert.deepEqual([gone.status, gone.body], [404, 'No Connection with that ID']);
    assert.equal(hubs.connectionCount, 0);
  });

  test('§4.3 a new poll while one waits: the old one gets 204, the new one goes on', async t => {
    const { url } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const first = ask(target);
    // The first one must have arrived before the second is sent.
    await post(target, '{"type":6}');
    const second = ask(target);
    assert.equal((await first).status, 204);
    await post(target, invocation('1', 'echo', 'x'));
    assert.match((await second).body, /"result":"x"/);
  });

  test('§1.1 two polls that wait for a third to be read: one goes on, the other gets 409, empty', async t => {
    const { url, hubs } = await host(t, hub, { endpoint: { maximumBufferedBytes: 1e9 } });
    const target = await polling(`${url}/hub`);
    await hubs.context(hub).clients.all.note('x'.repeat(20_000_000));
    const path = target.slice(url.length);
    const slow = rawRequest(t, url, `GET ${path} HTTP/1.1\nHost: x\n\n`);
    await slow.answer;
    slow.socket.pause();
    const others = [ask(target), ask(target)];
    // Both have arrived when an answer to something sent after them is here.
    await post(target, '{"type":6}');
    slow.socket.resume();
    const refused = await Promise.race(others);
    assert.deepEqual([refused.status, refused.body], [409, '']);
    await hubs.context(hub).clients.all.note('y');
    const answers = await Promise.all(others);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  });

  test('§4.3 a client that leaves its poll and does not come back: ended as wanted after disconnectTimeoutMs', async t => {
    const { url, hubs } = await host(t, hub, { endpoint: { disconnectTimeoutMs: 200 } });
    const target = await polling(`${url}/hub`);
    const controller = new AbortController();
    const left = ask(target, { signal: controller.signal });
    await post(target, '{"type":6}');
    ends.length = 0;
    controller.abort();
    await assert.rejects(left);
    await waitFor('the end', () => hubs.connectionCount === 0);
    assert.deepEqual(ends, ['wanted']);
    assert.equal((await ask(target)).status, 404);
  });

  test('§4.3 a poll left alone loses nothing that came afterwards', async t => {
    const { url, hubs } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const left = rawRequest(t, url, `GET ${target.slice(url.length)} HTTP/1.1\nHost: x\n\n`);
    await post(target, '{"type":6}');
    left.socket.destroy();
    await left.answer;
    await post(target, '{"type":6}');
    await hubs.context(hub).clients.all.note('later');
    assert.match((await ask(target)).body, /later/);
  });

  test('§4.3 DELETE: 202, text/plain, empty; the poll that waits gets 204; then 404', async t => {
    const { url, hubs } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const waiting = ask(target);
    await post(target, '{"type":6}');
    const { status, body, headers } = await ask(target, { method: 'DELETE' });
    assert.deepEqual([status, body, headers.get('content-type')], [202, '', 'text/plain']);
    assert.equal((await waiting).status, 204);
    await waitFor('the end', () => hubs.connectionCount === 0);
    assert.equal((await ask(target, { method: 'DELETE' })).status, 404);
  });

  test('§1.1 another transport on a polling connection: 400', async t => {
    const { url } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const answer = await ask(target, sse);
    assert.deepEqual([answer.status, answer.body], [400, 'Cannot change transports mid-connection']);
  });

  test('§3 the request of the connection is that of the first poll', async t => {
    const { url } = await host(t, hub);
    const target = await polling(`${url}/HUB`);
    await post(target.replace('/HUB', '/hub'), invocation('1', 'where'));
    assert.match((await ask(target)).body, /"result":"\/HUB"/);
  });

  test('§7 no Pings are sent over polls', async t => {
    const { url } = await host(t, hub, {
      endpoint: { keepAliveIntervalMs: 10, longPolling: { pollTimeoutMs: 300 } },
    });
    const target = await polling(`${url}/hub`);
    assert.deepEqual((await ask(target)).body, '');
  });

  test('hubs.close(): a poll that waits fetches the Close message', async t => {
    const { url, hubs } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const waiting = ask(target);
    await post(target, '{"type":6}');
    await hubs.close();
    assert.equal((await waiting).body, '{"type":7,"allowReconnect":true}\u001e');
  });
});

describe('POST (§4.4)', () => {
  after(leakCheck());

  test('§4.4 before the first poll: 200, and the bytes are there when it comes', async t => {
    const { url } = await host(t, hub);
    const target = await negotiated(`${url}/hub`);
    const { status, body, headers } = await post(target, jsonHandshake, invocation('1', 'echo', 1));
    assert.deepEqual([status, body, headers.get('content-type')], [200, '', 'text/plain']);
    assert.equal((await ask(target)).body, '');
    const text = (await ask(target)).body;
    assert.equal(text.startsWith('{}\u001e'), true);
  });

  test('§4.4 bodies are one byte stream, whatever their type and wherever they are cut', async t => {
    const { url } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const bytes = Buffer.from(`${invocation('1', 'echo', '€')}\u001e`);
    const headers = { 'content-type': 'application/octet-stream' };
    for (const byte of bytes) await ask(target, { method: 'POST', body: Buffer.from([byte]), headers });
    assert.equal((await ask(target)).body, '{"type":3,"invocationId":"1","result":"€"}\u001e');
  });

  test('§1.1 a POST whose client goes away counts as far as it came; the connection lives on', async t => {
    const { url } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const half = rawRequest(
      t,
      url,
      `POST ${target.slice(url.length)} HTTP/1.1\nHost: x\nContent-Length: 1000\n\n{"type":6}\u001e`,
    );
    await new Promise(resolve => half.socket.once('connect', resolve));
    half.socket.end();
    await half.answer;
    await post(target, invocation('1', 'echo', 1));
    assert.match((await ask(target)).body, /"result":1/);
  });

  test('a body over maxPostBytes: 413, told by its length or found out; the connection lives on', async t => {
    const { url } = await host(t, hub, { endpoint: { maxPostBytes: 1_000 } });
    const target = await polling(`${url}/hub`);
    assert.equal((await ask(target, { method: 'POST', body: 'x'.repeat(1_001) })).status, 413);
    const path = target.slice(url.length);
    const chunked = rawRequest(t, url, `POST ${path} HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n`);
    chunked.socket.write(`7d0\r\n${'{"type":6}\u001e'.repeat(200).slice(0, 2_000)}\r\n`);
    assert.match(await chunked.answer, /^HTTP\/1\.1 413 /);
  });

  test('§3 more than transportMaxBufferSize unread: the POST waits until the hub has read, then 200', async t => {
    const { url } = await host(t, hub, {
      endpoint: { transportMaxBufferSize: 100, longPolling: { pollTimeoutMs: 100 } },
    });
    const target = await polling(`${url}/hub`);
    await post(target, invocation('1', 'wait'));
    await post(target, invocation('2', 'echo', 'x'.repeat(50)));
    let isAnswered = false;
    const held = post(target, invocation('3', 'echo', 'x'.repeat(500))).then(answer => {
      isAnswered = true;
      return answer;
    });
    assert.equal((await ask(target)).body, '');
    assert.equal(isAnswered, false);
    await ask(target, { method: 'DELETE' });
    assert.equal((await held).status, 404);
  });

  test('too many POSTs that wait for their turn: 503', async t => {
    const { url } = await host(t, hub, { endpoint: { transportMaxBufferSize: 100 } });
    const target = await polling(`${url}/hub`);
    await post(target, invocation('1', 'wait'));
    await post(target, invocation('2', 'wait'));
    const flood = Array.from({ length: 60 }, () => post(target, invocation('3', 'echo', 'x'.repeat(500))));
    const refused = await Promise.race(flood);
    assert.equal(refused.status, 503);
    await ask(target, { method: 'DELETE' });
    const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
    assert.deepEqual([...statuses].sort(), [404, 503]);
  });

  test('§8.5 a message over the limit ends its connection, not the others', async t => {
    const { url } = await host(t, hub);
    const target = await polling(`${url}/hub`);
    const other = await bareHubClient(t, `${url}/hub`);
    await post(target, invocation('1', 'echo', 'x'.repeat(40_000)));
    assert.equal(
      (await ask(target)).body,
      '{"type":7,"error":"Connection closed with an error.","allowReconnect":true}\u001e',
    );
    assert.equal((await ask(target)).status, 204);
    other.send(invocation('1', 'echo', 1));
    assert.match(await other.next(), /"result":1/);
  });
});
