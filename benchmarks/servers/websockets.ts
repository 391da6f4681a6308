// Ours, as its README says.
import { createServer } from 'node:http';
import {
  acceptWebSocket,
  broadcast,
  isWebSocketRequest,
  useWebSockets,
  type WebSocketConnection,
} from '@longhaul/websockets';
import { broadcastBytes, payloadOf, run } from './program.ts';

const sockets = new Set<WebSocketConnection>();
const server = createServer();
useWebSockets(server);
server.on('request', async (request, response) => {
  if (!isWebSocketRequest(request)) return void response.writeHead(400).end();
  const socket = await acceptWebSocket(request, response);
  sockets.add(socket);
  for await (const message of socket) void socket.send(message.data);
  sockets.delete(socket);
});
const payload = payloadOf(broadcastBytes);
run({ server, broadcast: () => void broadcast(sockets, payload) });
