// WebSockets on a plain node:http server: the handler of the server itself accepts, so nothing else is needed.
import { createServer } from 'node:http';
import { acceptWebSocket, isWebSocketRequest, useWebSockets } from '@longhaul/websockets';
import { echo } from './echo.ts';
import { announce } from './port.ts';

const server = createServer();
useWebSockets(server);
server.on('request', async (request, response) => {
  if (!isWebSocketRequest(request)) return void response.end('a page');
  await using socket = await acceptWebSocket(request, response);
  await echo(socket);
});
server.listen(0, '127.0.0.1', () => announce(server));
