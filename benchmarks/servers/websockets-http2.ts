// Ours, as its README says, on HTTP/2.
import { createServer } from 'node:http2';
import { acceptWebSocket, isWebSocketRequest, useWebSockets } from '@longhaul/websockets';
import { run } from './program.ts';

const server = createServer();
useWebSockets(server);
server.on('request', async (request, response) => {
  if (!isWebSocketRequest(request)) return void response.writeHead(400).end();
  const socket = await acceptWebSocket(request, response);
  for await (const message of socket) void socket.send(message.data);
});
run({ server });
