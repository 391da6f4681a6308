// Downloads through a real proxy on loopback: http: as it is, https: by CONNECT. The origin's name exists for the proxy alone,
// so a request that went past it could not come back with the file.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import type { Connectivity } from '../../src/network/connectivity.ts';
import { HttpSource } from '../../src/transfers/http-source.ts';
import { Http1Source } from '../../src/transfers/http1/http1-source.ts';
import { ProxiedSource } from '../../src/transfers/proxied-source.ts';
import { bodyOf, Origin, serveFile, serveStart } from './origin.ts';
import { Room, sha256 } from './room.ts';
import { Authority } from './tls-suite.ts';

const body = bodyOf('through a proxy', 900_000);
const online: Connectivity = { isOnline: () => true, whenOnline: () => () => {}, [Symbol.dispose]: () => {} };

/** Every name leads to the port on loopback. Lets through who brings `user:pass word`. */
class NamingProxy implements AsyncDisposable {
  readonly seen: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer();

  static async listen(originPort: number): Promise<NamingProxy> {
    const proxy = new NamingProxy();
    proxy.#serve(originPort);
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://user:pass%20word@127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #isLetThrough({ headers }: IncomingMessage): boolean {
    return headers['proxy-authorization'] === `Basic ${Buffer.from('user:pass word').toString('base64')}`;
  }

  #serve(originPort: number): void {
    this.#server.on('connection', socket => this.#sockets.add(socket.on('error', () => {})));
    this.#server.on('request', (asked, answer) => {
      this.seen.push(`${asked.method} ${asked.url}`);
      if (!this.#isLetThrough(asked)) return void answer.writeHead(407, { 'Content-Length': 0 }).end();
      const { 'proxy-authorization': _, ...headers } = asked.headers;
      const { pathname } = new URL(asked.url ?? '');
      const onward = httpRequest(
        { host: '127.0.0.1', port: originPort, path: pathname, headers, agent: false },
        from => {
          answer.writeHead(from.statusCode ?? 0, from.rawHeaders);
          from.pipe(answer);
          from.on('aborted', () => answer.destroy());
        },
      );
      onward.on('error', () => answer.destroy());
      onward.end();
    });
    this.#server.on('connect', (asked: IncomingMessage, client: Socket) => {
      this.seen.push(`CONNECT ${asked.url}`);
      if (!this.#isLetThrough(asked)) return void client.end('HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n');
      const target = connect(originPort, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(target).pipe(client);
      });
      this.#sockets.add(target.on('error', () => client.destroy()));
      target.on('close', () => client.destroy());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

const limits = { retryDelaysMs: [10, 20] };

test('an http: origin is asked through the proxy, with its password, and a cut download goes on', async () => {
  await using origin = await Origin.listen((request, socket) => {
    if (request.nth > 1) return serveFile(request, socket, body);
    serveStart(socket, body, 300_000);
    socket.end();
  });
  await using proxy = await NamingProxy.listen(origin.port);
  await using room = await Room.open({ proxyEnv: { http_proxy: proxy.url }, connectivity: online, limits });
  const record = await room.download('http://origin.test/file');
  assert.equal(record.status, 'completed', `${record.error?.message}`);
  assert.equal(sha256(room.read('file.bin')), sha256(body));
  assert.deepEqual(proxy.seen, ['GET http://origin.test/file', 'GET http://origin.test/file']);
  assert.match(origin.requests[1]?.headers.get('range') ?? '', /^bytes=[1-9]\d*-$/);
  assert.equal(origin.requests[0]?.headers.get('host'), 'origin.test');
  assert.ok(!JSON.stringify([room.log, record]).includes('pass'), 'the password is nowhere to be seen');
});

test('an https: origin is reached by CONNECT, its certificate checked end to end', async () => {
  const authority = new Authority();
  try {
    const leaf = authority.leaf('proxied', 'DNS:origin.test', '20200101000000Z', '20990101000000Z');
    await using origin = await Origin.listen((request, socket) => serveFile(request, socket, body), leaf);
    await using proxy = await NamingProxy.listen(origin.port);
    await using room = await Room.open({
      connectivity: online,
      limits,
      makeSource: all => {
        const direct = new Http1Source(all, { fallback: new HttpSource(all) });
        return new ProxiedSource(all, { HTTPS_PROXY: proxy.url }, direct, { ca: authority.ca });
      },
    });
    const record = await room.download('https://origin.test/file');
    assert.equal(record.status, 'completed', `${record.error?.message}`);
    assert.equal(sha256(room.read('file.bin')), sha256(body));
    assert.deepEqual(proxy.seen, ['CONNECT origin.test:443']);
    const other = await room.download('https://other.test/file', { file: room.path('other') });
    assert.deepEqual([other.status, other.error?.webErrorStatus], ['error', 'certificate-common-name-is-incorrect']);
  } finally {
    rmSync(authority.folder, { recursive: true, force: true });
  }
});

test('a proxy that refuses us, is not there, or cannot be spoken to is an error that says so', async () => {
  await using origin = await Origin.listen((request, socket) => serveFile(request, socket, body));
  await using proxy = await NamingProxy.listen(origin.port);
  const strangerUrl = proxy.url.replace('user:pass%20word@', 'user:guessed@');
  const failures: [env: Record<string, string>, url: string, webErrorStatus: string, words: RegExp][] = [
    [{ http_proxy: strangerUrl }, 'http://origin.test/file', 'http-407', /407/],
    [{ https_proxy: strangerUrl }, 'https://origin.test/file', 'cannot-connect', /407/],
    [{ http_proxy: 'http://127.0.0.1:1' }, 'http://origin.test/file', 'cannot-connect', /ECONNREFUSED/],
    [{ ALL_PROXY: 'socks5://127.0.0.1:1' }, 'http://origin.test/file', 'cannot-connect', /ALL_PROXY.*socks5/],
  ];
  for (const [proxyEnv, url, webErrorStatus, words] of failures) {
    await using room = await Room.open({ proxyEnv, connectivity: online, limits: { retryDelaysMs: [] } });
    const { status, error } = await room.download(url);
    assert.deepEqual([status, error?.webErrorStatus], ['error', webErrorStatus], `${error?.message}`);
    assert.match(error?.message ?? '', words);
    assert.ok(!JSON.stringify([room.log, error]).includes('guessed'), 'the password is nowhere to be seen');
  }
  assert.equal(origin.requests.length, 0);
});

test('loopback and what no_proxy names are asked directly', async () => {
  await using origin = await Origin.listen((request, socket) => serveFile(request, socket, body));
  await using proxy = await NamingProxy.listen(origin.port);
  await using room = await Room.open({ proxyEnv: { http_proxy: proxy.url, no_proxy: 'nowhere.test' }, limits });
  assert.equal((await room.download(origin.url())).status, 'completed');
  assert.deepEqual(proxy.seen, []);
});
