// The floor of memory: a socket that was upgraded, with the listeners that anybody needs, and nothing else.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { run } from './program.ts';

const sockets = new Set<Socket>();
const onData = (): void => {};
function onError(this: Socket): void {
  this.destroy();
}
function onClose(this: Socket): void {
  sockets.delete(this);
}
const server = createServer();
server.on('upgrade', (request, stream) => {
  const socket = stream as Socket;
  const accept = createHash('sha1').update(
    `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
  );
  socket.setNoDelay(true);
  socket.allowHalfOpen = false;
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
  );
  sockets.add(socket);
  socket.on('data', onData).on('error', onError).on('close', onClose);
});
run({ server });
