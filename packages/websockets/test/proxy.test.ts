// Through a real CONNECT proxy, by http: and https:, to ws: and wss:, on HTTP/1.1 and HTTP/2.
import assert from 'node:assert/strict';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { leakCheck } from '@longhaul/testing';
import { connectWebSocket, type WebSocketError } from '@longhaul/websockets';
import { certificate } from './certificate.ts';
import { serveOn, transports } from './transports.ts';

after(leakCheck());

interface Proxy extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  /** The CONNECT requests it saw. */
  readonly seen: IncomingMessage[];
}

/** Lets through who brings `user:pass word`, or everybody. */
async function startProxy(scheme: 'http' | 'https', isOpen: boolean, extra = ''): Promise<Proxy> {
  const server: Server = scheme === 'http' ? createHttpServer() : createHttpsServer(certificate());
  const seen: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const wanted = `Basic ${Buffer.from('user:pass word').toString('base64')}`;
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    seen.push(request);
    sockets.add(client.on('error', () => {}));
    if (!isOpen && request.headers['proxy-authorization'] !== wanted) {
      return void client.end('HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n');
    }
    const [host, port] = request.url!.split(':');
    const target = connect({ host: host!, port: Number(port) });
    sockets.add(target.on('error', () => client.destroy()));
    target.on('connect', () => {
      client.write(`HTTP/1.1 200 OK\r\n\r\n${extra}`);
      client.pipe(target).pipe(client);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    url: `${scheme}://${host}`,
    host,
    seen,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

describe('through a proxy', () => {
  for (const scheme of ['http', 'https'] as const) {
    for (const transport of transports) {
      test(`by ${scheme}: to a server on ${transport.name}`, async () => {
        await using proxy = await startProxy(scheme, false);
        await using server = await serveOn(transport);
        await using client = await connectWebSocket(server.url, {
          ...transport.clientOptions(),
          headers: { 'X-Secret': 'for the server' },
          proxy: {
            url: `${scheme}://user:pass%20word@${proxy.host}`,
            tls: { ca: certificate().cert },
            headers: { 'X-A': '1' },
          },
        });
        await client.send('through');
        assert.equal((await client.receive())?.data, 'through');
        assert.equal(proxy.seen.length, 1);
        const { url, headers } = proxy.seen[0]!;
        assert.equal(url, new URL(server.url).host);
        assert.equal(headers['x-a'], '1');
        assert.equal(headers['x-secret'], undefined);
      });
    }
  }

  test('that lets nobody in the error has its status and no password', async () => {
    await using proxy = await startProxy('http', false);
    const attempt = connectWebSocket('wss://localhost:9/', { proxy: `http://user:wrong-secret@${proxy.host}` });
    await assert.rejects(attempt, (error: WebSocketError) => {
      assert.equal(error.code, 'proxy-refused');
      assert.equal(error.status, 407);
      assert.doesNotMatch(`${error.message} ${error.stack} ${JSON.stringify(error)}`, /wrong-secret/);
      return true;
    });
  });

  test('that speaks for the server before it was asked, or is not there, nothing is opened', async () => {
    const plain = transports[0]!;
    await using server = await serveOn(plain);
    await using proxy = await startProxy('http', true, 'HTTP/1.1 101 Early\r\n\r\n');
    await assert.rejects(
      connectWebSocket(server.url, { proxy: proxy.url }),
      WebSocketErrorOf('proxy-refused', 'handshake-invalid'),
    );
    await assert.rejects(connectWebSocket(server.url, { proxy: 'http://127.0.0.1:1' }), { code: 'connect-failed' });
  });

  test('the environment is looked at only where a function does it', async () => {
    await using server = await serveOn(transports[0]!);
    await using proxy = await startProxy('http', true);
    const urls: string[] = [];
    await using client = await connectWebSocket(`ws://u:p@127.0.0.1:${server.port}/x?secret=1`, {
      proxy: url => {
        urls.push(url.href);
        return proxy.url;
      },
    });
    assert.equal(client.isOpen, true);
    assert.deepEqual(urls, [`ws://127.0.0.1:${server.port}/x`]);
    assert.equal(proxy.seen.length, 1);
  });
});

/** Which of the two depends on whether the early bytes come in the packet of the proxy's answer. */
function WebSocketErrorOf(...codes: string[]): (error: WebSocketError) => boolean {
  return error => codes.includes(error.code);
}
