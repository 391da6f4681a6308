// The rival: ws, as its README says.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { broadcastBytes, payloadOf, run } from './program.ts';

const server = createServer();
const sockets = new WebSocketServer({ server });
sockets.on('connection', socket => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', () => socket.terminate());
});
const payload = payloadOf(broadcastBytes);
run({
  server,
  broadcast: () => {
    for (const socket of sockets.clients) socket.send(payload);
  },
});
