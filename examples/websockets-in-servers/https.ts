// The same on node:https. KEY and CERT name the files of key and certificate.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { acceptWebSocket, isWebSocketRequest, useWebSockets } from '@longhaul/websockets';
import { echo } from './echo.ts';
import { announce } from './port.ts';

const server = createServer({ key: readFileSync(process.env.KEY!), cert: readFileSync(process.env.CERT!) });
useWebSockets(server);
server.on('request', async (request, response) => {
  if (!isWebSocketRequest(request)) return void response.end('a page');
  await using socket = await acceptWebSocket(request, response);
  await echo(socket);
});
server.listen(0, '127.0.0.1', () => announce(server));
