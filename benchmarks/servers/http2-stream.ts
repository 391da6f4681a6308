// The floor on HTTP/2: a stream that writes back what comes, opened by the same extended CONNECT as a WebSocket.
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { run } from './program.ts';

const server = createServer({ settings: { enableConnectProtocol: true } });
server.on('stream', (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200 });
  stream.on('data', chunk => stream.write(chunk));
  stream.on('error', () => stream.destroy());
});
// Without it Node refuses every CONNECT.
server.on('connect', () => {});
run({ server });
