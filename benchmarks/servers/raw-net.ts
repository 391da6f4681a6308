// The floor: plain TCP that writes back what comes; broadcasts are frames made beforehand.
import { createServer, type Socket } from 'node:net';
import { broadcastBytes, payloadOf, run } from './program.ts';

const sockets = new Set<Socket>();
const server = createServer({ noDelay: true }, socket => {
  sockets.add(socket);
  socket.on('data', chunk => socket.write(chunk));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
});
const frame = Buffer.concat([Buffer.from([0x81, 126, 0, broadcastBytes]), Buffer.from(payloadOf(broadcastBytes))]);
run({
  server,
  broadcast: () => {
    for (const socket of sockets) socket.write(frame);
  },
});
