// The same on node:http2: one secure server for HTTP/2 and HTTP/1.1, WebSockets and pages on both. KEY and CERT name the
// files of key and certificate.
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { acceptWebSocket, isWebSocketRequest, useWebSockets } from '@longhaul/websockets';
import { echo } from './echo.ts';
import { announce } from './port.ts';

const server = createSecureServer({
  key: readFileSync(process.env.KEY!),
  cert: readFileSync(process.env.CERT!),
  allowHTTP1: true,
});
useWebSockets(server);
server.on('request', async (request, response) => {
  if (!isWebSocketRequest(request)) return void response.end('a page');
  await using socket = await acceptWebSocket(request, response);
  await echo(socket);
});
server.listen(0, '127.0.0.1', () => announce(server));
