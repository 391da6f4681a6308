// A WebSocket echo with a page to try it: the same handler on HTTP/1.1 and, with `--tls`, on HTTP/2 beside HTTP/1.1 with a
// certificate made on the spot. What the page can choose (sub-protocol, close code) the server answers; each connection is logged.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  acceptWebSocket,
  isWebSocketRequest,
  requestedSubprotocols,
  useWebSockets,
  WebSocketError,
} from '@longhaul/websockets';

const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['page/index.html', 'text/html; charset=utf-8'],
  '/echo.js': ['page/echo.js', 'text/javascript; charset=utf-8'],
  '/echo.css': ['page/echo.css', 'text/css; charset=utf-8'],
  '/base.css': ['../shared/base.css', 'text/css; charset=utf-8'],
};
const spoken = ['echo', 'shout'];

/** An echo; who chose the sub-protocol `shout` gets text back in capitals. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const subprotocol = requestedSubprotocols(request).find(name => spoken.includes(name));
  await using socket = await acceptWebSocket(request, response, subprotocol === undefined ? {} : { subprotocol });
  console.log(`opened over HTTP/${request.httpVersion}, sub-protocol ${subprotocol ?? '(none)'}`);
  try {
    for await (const { type, data } of socket) {
      await socket.send(type === 'text' && subprotocol === 'shout' ? data.toUpperCase() : data);
    }
    const { code, reason } = await socket.closed;
    console.log(`closed with ${code}${reason === '' ? '' : `: ${JSON.stringify(reason)}`}`);
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error;
    console.log(`lost: ${error.code}`);
  }
}

async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (isWebSocketRequest(request)) return echo(request, response);
  const [file, type] = files[request.url ?? ''] ?? [];
  if (file === undefined || type === undefined) return void response.writeHead(404).end();
  response.writeHead(200, {
    'content-type': type,
    'content-security-policy': "default-src 'self'; connect-src 'self'; img-src data:",
    'x-content-type-options': 'nosniff',
  });
  createReadStream(path.join(import.meta.dirname, file)).pipe(response);
}

/** Self-signed, for `localhost`, two days. */
function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(path.join(tmpdir(), 'echo-page-'));
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const made = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return made;
}

const isTls = process.argv.includes('--tls');
// The handlers of HTTP/2 get Node's compatible request and response: everything used here is the same.
const server = isTls
  ? createSecureServer(
      { ...certificate(), allowHTTP1: true },
      (request: Http2ServerRequest, response: Http2ServerResponse) =>
        onRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse),
    )
  : createServer(onRequest);

const portAt = process.argv.indexOf('--port');
server.listen(portAt < 0 ? 0 : Number(process.argv[portAt + 1]), '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const origin = `${isTls ? 'https' : 'http'}://localhost:${port}`;
// Only our own page may connect; programs send no Origin and may.
useWebSockets(server, { keepAliveTimeoutMs: 20_000, allowedOrigins: [origin] });
console.log(`The page is at ${origin}`);
