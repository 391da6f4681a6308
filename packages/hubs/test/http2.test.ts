// Hubs on servers of node:http2: every transport by bare HTTP/2, the application's own requests beside them, and a
// server that speaks both versions.
import assert from 'node:assert/strict';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, describe, type TestContext, test } from 'node:test';
import { createHubServer, defineHub, type HubServer } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { connectWebSocket } from '@longhaul/websockets';
import WebSocket from 'ws';
import { BareClient, jsonHandshake } from './bare-client.ts';
import { certificate, noTls } from './certificate.ts';

const hub = defineHub()({
  methods: {
    echo: (_call, value: unknown) => value,
    version: call => call.request.httpVersion,
    note: (call, text: string) => call.clients.all.note!(text),
  },
});
const invocation = (target: string, ...args: unknown[]) =>
  `${JSON.stringify({ type: 1, invocationId: '1', target, arguments: args })}\u001e`;
const handshake = `${jsonHandshake}\u001e`;

interface Served {
  readonly hubs: HubServer;
  readonly port: number;
}

async function serve(t: TestContext, server: Http2Server | Http2SecureServer): Promise<Served> {
  const hubs = createHubServer(server);
  hubs.map('/hub', hub);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', session => sessions.add(session));
  t.after(async () => {
    await hubs.close();
    for (const session of sessions) session.destroy();
    await new Promise(resolve => server.close(resolve));
  });
  return { hubs, port: (server.address() as AddressInfo).port };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

class Client {
  readonly session: ClientHttp2Session;

  constructor(t: TestContext, origin: string, options = {}) {
    this.session = connect(origin, options);
    this.session.on('error', () => {});
    t.signal.addEventListener('abort', () => this.session.destroy());
  }

  async ask(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Answer> {
    const stream = this.session.request({ ':method': method, ':path': path, ...headers });
    stream.end(body);
    let text = '';
    let answered: IncomingHttpHeaders = {};
    stream.on('response', given => {
      answered = given;
    });
    for await (const chunk of stream) text += chunk;
    return { status: Number(answered[':status']), headers: answered, body: text };
  }

  async negotiated(): Promise<string> {
    const { status, body } = await this.ask('POST', '/hub/negotiate?negotiateVersion=1');
    assert.equal(status, 200);
    return `/hub?id=${(JSON.parse(body) as { connectionToken: string }).connectionToken}`;
  }
}

describe('hubs on HTTP/2', () => {
  after(leakCheck());

  test('long polling: negotiate, polls, POSTs, DELETE', async t => {
    const { hubs, port } = await serve(t, createServer());
    const client = new Client(t, `http://127.0.0.1:${port}`);
    const target = await client.negotiated();
    const first = await client.ask('GET', target);
    assert.deepEqual([first.status, first.body], [200, '']);
    assert.equal((await client.ask('POST', target, handshake)).status, 200);
    assert.equal((await client.ask('GET', target)).body, '{}\u001e');
    const waiting = client.ask('GET', target);
    await client.ask('POST', target, invocation('version'));
    assert.equal((await waiting).body, '{"type":3,"invocationId":"1","result":"2.0"}\u001e');
    const last = client.ask('GET', target);
    await client.ask('POST', target, '{"type":6}\u001e');
    assert.equal((await client.ask('DELETE', target)).status, 202);
    assert.equal((await last).status, 204);
    await waitFor('the end', () => hubs.connectionCount === 0);
    client.session.close();
  });

  test('Server-Sent Events; a reset of the stream ends the connection', async t => {
    const { hubs, port } = await serve(t, createServer());
    const client = new Client(t, `http://127.0.0.1:${port}`);
    const target = await client.negotiated();
    const stream = client.session.request({ ':path': target, accept: 'text/event-stream' });
    let text = '';
    stream.setEncoding('utf8').on('data', chunk => {
      text += chunk;
    });
    stream.on('error', () => {});
    await waitFor('the comment', () => text === ':\r\n');
    await client.ask('POST', target, handshake + invocation('echo', 'x'));
    await waitFor('the result', () => text.endsWith('data: {"type":3,"invocationId":"1","result":"x"}\u001e\r\n\r\n'));
    stream.close(constants.NGHTTP2_CANCEL);
    await waitFor('the end', () => hubs.connectionCount === 0);
    client.session.close();
  });

  test('a WebSocket by extended CONNECT', async t => {
    const { port } = await serve(t, createServer());
    const client = new Client(t, `http://127.0.0.1:${port}`);
    const target = await client.negotiated();
    const socket = await connectWebSocket(`ws://127.0.0.1:${port}${target}`, { http2Session: client.session });
    await socket.send(handshake);
    assert.equal((await socket.receive())?.data, '{}\u001e');
    await socket.send(invocation('version'));
    assert.equal((await socket.receive())?.data, '{"type":3,"invocationId":"1","result":"2.0"}\u001e');
    await socket.close(1000, '');
    client.session.close();
  });

  test('the application keeps its own requests, and its own streams', async t => {
    const byRequest = createServer((_request, response) => void response.end('mine'));
    const one = await serve(t, byRequest);
    const client = new Client(t, `http://127.0.0.1:${one.port}`);
    assert.equal((await client.ask('GET', '/other')).body, 'mine');
    assert.match((await client.ask('POST', '/hub/negotiate')).body, /connectionId/);
    client.session.close();

    const byStream = createServer();
    byStream.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.end(`stream ${headers[':path']}`);
    });
    const two = await serve(t, byStream);
    const other = new Client(t, `http://127.0.0.1:${two.port}`);
    assert.equal((await other.ask('GET', '/other')).body, 'stream /other');
    assert.match((await other.ask('POST', '/hub/negotiate')).body, /connectionId/);
    other.session.close();

    const nobody = await serve(t, createServer());
    const third = new Client(t, `http://127.0.0.1:${nobody.port}`);
    assert.equal((await third.ask('GET', '/other')).status, 404);
    third.session.close();
  });

  test('a server of both versions: each client by its own', { skip: noTls }, async t => {
    const { key, cert } = certificate();
    const { port } = await serve(t, createSecureServer({ key, cert, allowHTTP1: true }));
    const client = new Client(t, `https://127.0.0.1:${port}`, { ca: cert });
    const target = await client.negotiated();
    assert.equal((await client.ask('GET', target)).status, 200);
    assert.equal((await client.ask('DELETE', target)).status, 202);
    const socket = await connectWebSocket(`wss://127.0.0.1:${port}${await client.negotiated()}`, {
      http2Session: client.session,
    });
    await socket.send(handshake + invocation('version'));
    assert.equal((await socket.receive())?.data, '{}\u001e');
    assert.match(String((await socket.receive())?.data), /"result":"2\.0"/);
    await socket.close(1000, '');
    const old = new BareClient(new WebSocket(`wss://127.0.0.1:${port}/hub`, { ca: cert }));
    await new Promise((resolve, reject) => old.socket.once('open', resolve).once('error', reject));
    old.send(jsonHandshake, '{"type":1,"invocationId":"1","target":"version","arguments":[]}');
    assert.equal(await old.next(), '{}');
    assert.equal(await old.next(), '{"type":3,"invocationId":"1","result":"1.1"}');
    old.socket.close();
    await old.closed;
    const polled = await new Promise<number | undefined>((resolve, reject) => {
      get(`https://127.0.0.1:${port}/hub`, { ca: cert, agent: false }, response => {
        response.resume().on('end', () => resolve(response.statusCode));
      }).on('error', reject);
    });
    assert.equal(polled, 400);
    client.session.close();
  });
});
