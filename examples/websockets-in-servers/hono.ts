// Inside Hono's Node server, on HTTP/2 and HTTP/1.1. KEY and CERT name the files of key and certificate.
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { type HttpBindings, serve } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { handleWebSocket, useWebSockets } from '@longhaul/websockets';
import { Hono } from 'hono';
import { echo } from './echo.ts';
import { announce } from './port.ts';

const app = new Hono<{ Bindings: HttpBindings }>();
app.get('/', context => context.text('a page'));
app.get('/ws', async context => {
  await handleWebSocket(context.env.incoming, context.env.outgoing, echo);
  return RESPONSE_ALREADY_SENT;
});
const key = readFileSync(process.env.KEY!);
const cert = readFileSync(process.env.CERT!);
const server = serve(
  {
    fetch: app.fetch,
    port: 0,
    hostname: '127.0.0.1',
    createServer: createSecureServer,
    serverOptions: { key, cert, allowHTTP1: true },
  },
  () => announce(server),
);
useWebSockets(server);
