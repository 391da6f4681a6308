// Inside Fastify, on HTTP/2 and HTTP/1.1. A framework keeps the promise of a route to itself: `handleWebSocket` runs the
// handler, closes the connection after it, and with 1011 when it throws. KEY and CERT name the files of key and certificate.
import { readFileSync } from 'node:fs';
import { handleWebSocket, useWebSockets } from '@longhaul/websockets';
import { fastify } from 'fastify';
import { echo } from './echo.ts';
import { announce } from './port.ts';

const app = fastify({
  http2: true,
  https: { key: readFileSync(process.env.KEY!), cert: readFileSync(process.env.CERT!), allowHTTP1: true },
});
useWebSockets(app.server);
app.get('/', async () => 'a page');
app.get('/ws', async (request, reply) => {
  reply.hijack();
  await handleWebSocket(request.raw, reply.raw, echo);
});
await app.listen({ port: 0, host: '127.0.0.1' });
announce(app.server);
