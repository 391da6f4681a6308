// The rival: Socket.IO over WebSockets only, its heartbeat out of the way.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { broadcastBytes, payloadOf, run } from './program.ts';

const server = createServer();
const io = new Server(server, { transports: ['websocket'], pingInterval: 3_600_000, serveClient: false });
io.on('connection', socket => {
  socket.on('echo', (text: string) => socket.emit('echo', text));
});
const payload = payloadOf(broadcastBytes);
run({ server, broadcast: () => void io.emit('said', payload) });
