// Connections of our HTTP/1.1 client: kept while that is safe, a bounded number for a bounded time, TLS sessions taken up again,
// given up on a signal at any moment.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { leakCheck, waitFor } from '@longhaul/testing';
import { HttpSource } from '../../src/transfers/http-source.ts';
import { Http1Source, type Http1SourceOptions } from '../../src/transfers/http1/http1-source.ts';
import { defaults } from '../../src/transfers/options.ts';
import type { BodySink } from '../../src/transfers/sink.ts';
import { answer, type Handler, head, Origin } from './origin.ts';
import { Authority } from './tls-suite.ts';

const makeSource = (options: Partial<Http1SourceOptions> = {}) =>
  new Http1Source(defaults, { fallback: new HttpSource(defaults), ...options });

/** Keeps what is poured into it. */
class MemorySink implements BodySink {
  readonly isFull = false;
  readonly error = undefined;
  text = '';
  reserve(): undefined {}
  advance(): void {}
  skip(): void {}
  write(chunk: Uint8Array): boolean {
    this.text += Buffer.from(chunk).toString('latin1');
    return true;
  }
  onceDrained(callback: () => void): void {
    callback();
  }
}

const never = new AbortController().signal;
const ask = (source: Http1Source, url: string, signal = never) =>
  source.open({ url: new URL(url), headers: [], range: null, signal });

async function get(source: Http1Source, url: string): Promise<string> {
  const sink = new MemorySink();
  await (await ask(source, url)).pour(sink);
  return sink.text;
}

const hello: Handler = (_, socket) => answer(socket, 200, {}, 'hello');

describe('Http1Source: connections', () => {
  after(leakCheck());

  test('redirects and refusals with short bodies cost no connection', async () => {
    await using origin = await Origin.listen((_, socket) => {
      socket.write(`${head(302, { Location: '/x', 'Content-Length': 5 })}moved`);
    });
    using source = makeSource();
    for (let count = 0; count < 5; count += 1) (await ask(source, origin.url())).discard();
    assert.deepEqual([origin.requests.length, origin.connections], [5, 1]);
  });

  test('a long body that nobody wants costs its connection, at once', async () => {
    await using origin = await Origin.listen((_, socket) => {
      socket.write(head(200, { 'Content-Length': 10_000_000 }));
    });
    using source = makeSource();
    (await ask(source, origin.url())).discard();
    await waitFor('the connection to be closed', () => origin.openConnections === 0);
  });

  test('an endless body that nobody wants is not read for long', async () => {
    await using origin = await Origin.listen((_, socket) => {
      socket.write(head(200, { 'Transfer-Encoding': 'chunked' }));
      const more = () => {
        while (!socket.destroyed && socket.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`));
      };
      socket.on('drain', more);
      more();
    });
    using source = makeSource();
    (await ask(source, origin.url())).discard();
    await waitFor('the connection to be closed', () => origin.openConnections === 0);
  });

  test('an idle connection is closed after its time, and a second before the server would', async () => {
    await using origin = await Origin.listen((request, socket) =>
      answer(socket, 200, request.path === '/brief' ? { 'Keep-Alive': 'timeout=1' } : {}, 'hello'),
    );
    using patient = makeSource();
    assert.equal(await get(patient, origin.url('/brief')), 'hello');
    await waitFor('the connection to be closed', () => origin.openConnections === 0);
    using source = makeSource({ idleMs: 30 });
    assert.equal(await get(source, origin.url()), 'hello');
    await waitFor('the connection to be closed', () => origin.openConnections === 0);
  });

  test('no more idle connections are kept than allowed', async () => {
    await using origin = await Origin.listen(hello);
    await using other = await Origin.listen(hello);
    using source = makeSource({ maxIdlePerOrigin: 2, maxIdle: 3 });
    await Promise.all(Array.from({ length: 6 }, () => get(source, origin.url())));
    await waitFor('all but two to be closed', () => origin.openConnections === 2);
    await Promise.all([get(source, other.url()), get(source, other.url())]);
    await waitFor('all but three to be closed', () => origin.openConnections + other.openConnections === 3);
  });

  for (const [what, handler] of [
    ['Connection: close', (_, socket) => answer(socket, 200, { Connection: 'close' }, 'hello')],
    ['HTTP/1.0', (_, socket) => socket.write('HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello')],
    ['bytes behind the answer', (_, socket) => answer(socket, 200, { 'Content-Length': 5 }, 'hello!')],
  ] as [string, Handler][]) {
    test(`${what}: the connection is used once`, async () => {
      await using origin = await Origin.listen(handler);
      using source = makeSource();
      for (let count = 0; count < 2; count += 1) assert.equal(await get(source, origin.url()), 'hello');
      assert.equal(origin.connections, 2);
      await waitFor('both to be closed', () => origin.openConnections === 0);
    });
  }

  test('bytes that come while a connection is idle end it', async () => {
    let idle: Socket | undefined;
    await using origin = await Origin.listen((request, socket) => {
      idle = socket;
      hello(request, socket);
    });
    using source = makeSource();
    await get(source, origin.url());
    idle?.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await waitFor('it to be closed', () => origin.openConnections === 0);
    assert.equal(await get(source, origin.url()), 'hello');
  });

  test('a broken answer ends its connection', async () => {
    await using origin = await Origin.listen((request, socket) => {
      if (request.nth > 1) return hello(request, socket);
      socket.write(`${head(200, { 'Transfer-Encoding': 'chunked' })}5\r\nhello?`);
    });
    using source = makeSource();
    await assert.rejects(get(source, origin.url()), { code: 'web-error' });
    assert.equal(await get(source, origin.url()), 'hello');
    assert.equal(origin.connections, 2);
  });

  test('a signal ends a request before its answer and in its body, and settles what waited for it', async () => {
    await using origin = await Origin.listen((request, socket) => {
      if (request.path === '/body') socket.write(`${head(200, { 'Content-Length': 10 })}hello`);
    });
    using source = makeSource();
    const isCanceled = { code: 'operation-canceled', data: { webErrorStatus: 'operation-canceled' } };
    await assert.rejects(ask(source, origin.url(), AbortSignal.abort()), isCanceled);
    const early = new AbortController();
    const waiting = ask(source, origin.url('/silence'), early.signal);
    await waitFor('the request', () => origin.requests.length === 1);
    early.abort();
    await assert.rejects(waiting, isCanceled);
    const late = new AbortController();
    const sink = new MemorySink();
    const pouring = (await ask(source, origin.url('/body'), late.signal)).pour(sink);
    await waitFor('half of the body', () => sink.text === 'hello');
    late.abort();
    await assert.rejects(pouring, isCanceled);
    const between = new AbortController();
    const unread = await ask(source, origin.url('/body'), between.signal);
    between.abort();
    await assert.rejects(unread.pour(new MemorySink()), isCanceled);
    await waitFor('all to be closed', () => origin.openConnections === 0);
  });

  test('the end of the source is the end of its connections', async () => {
    await using origin = await Origin.listen((request, socket) => {
      if (request.path !== '/silence') hello(request, socket);
    });
    const source = makeSource();
    await get(source, origin.url());
    const waiting = assert.rejects(
      Promise.all([ask(source, origin.url('/silence')), ask(source, origin.url('/silence'))]),
      {
        code: 'operation-canceled',
      },
    );
    await waitFor('the requests', () => origin.requests.length === 3);
    source[Symbol.dispose]();
    await waiting;
    await waitFor('all to be closed', () => origin.openConnections === 0);
  });

  describe('over TLS', () => {
    let authority: Authority;
    before(() => {
      authority = new Authority();
    });
    after(() => rmSync(authority.folder, { recursive: true, force: true }));

    test('the host is named, HTTP/1.1 is agreed on, and the next connection takes the session up', async () => {
      const seen: [unknown, unknown, boolean][] = [];
      const pair = authority.leaf('named', 'DNS:localhost', '20200101000000Z', '20990101000000Z');
      await using origin = await Origin.listen(
        (request, socket) => {
          const secure = socket as TLSSocket & { servername?: string };
          seen.push([secure.servername, secure.alpnProtocol, secure.isSessionReused()]);
          answer(socket, 200, { Connection: 'close' }, request.headers.get('host'));
        },
        { ...pair, ALPNProtocols: ['h2', 'http/1.1'] },
      );
      using source = makeSource({ ca: authority.ca });
      const url = origin.url('/', 'localhost');
      assert.equal(await get(source, url), `localhost:${origin.port}`);
      assert.equal(await get(source, url), `localhost:${origin.port}`);
      assert.deepEqual(seen, [
        ['localhost', 'http/1.1', false],
        ['localhost', 'http/1.1', true],
      ]);
    });

    test('an environment that turns verification off is not listened to', async () => {
      await using origin = await Origin.listen(hello, authority.selfSigned());
      using source = makeSource({ ca: authority.ca });
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      try {
        await assert.rejects(get(source, origin.url()), { data: { webErrorStatus: 'certificate-is-invalid' } });
      } finally {
        delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      }
      assert.equal(origin.requests.length, 0);
    });

    test('a server that wants another protocol cannot be connected to', async () => {
      const pair = authority.leaf('h2only', 'IP:127.0.0.1', '20200101000000Z', '20990101000000Z');
      await using origin = await Origin.listen(hello, { ...pair, ALPNProtocols: ['h2'] });
      using source = makeSource({ ca: authority.ca });
      await assert.rejects(get(source, origin.url()), { data: { webErrorStatus: 'cannot-connect' } });
    });
  });
});
