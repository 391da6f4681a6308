// Handlers that throw inside Fastify, Hono and Express: the framework keeps the promise of a route to itself and answers
// in its own way, and the connection that was accepted ends with 1011 all the same.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { after, describe, test } from 'node:test';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { leakCheck } from '@longhaul/testing';
import {
  acceptWebSocket,
  type ClientOptions,
  connectWebSocket,
  handleWebSocket,
  useWebSockets,
  type WebSocketConnection,
  type WebSocketServer,
} from '@longhaul/websockets';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';

after(leakCheck());

async function throwAfterOne(socket: WebSocketConnection): Promise<void> {
  await socket.receive();
  throw new Error('handler bug');
}

/** A server whose `/handled` runs `handleWebSocket`, and whose `/accepted` awaits `acceptWebSocket` in the route itself. */
interface Served {
  readonly server: WebSocketServer;
  /** What the framework reported. */
  readonly reported: unknown[];
}

function inExpress(): Served {
  const reported: unknown[] = [];
  const app = express();
  app.get('/handled', (request, response) => handleWebSocket(request, response, throwAfterOne));
  app.get('/accepted', async (request, response) => {
    await throwAfterOne(await acceptWebSocket(request, response));
  });
  // Four parameters make it an error handler; passing on leaves the answer to Express.
  app.use((error: unknown, _request: unknown, _response: unknown, next: (error: unknown) => void) => {
    reported.push(error);
    next(error);
  });
  app.set('env', 'test'); // or Express prints the error
  return { server: createServer(app), reported };
}

function inHono(isHttp2: boolean): Served {
  const reported: unknown[] = [];
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get('/handled', async context => {
    await handleWebSocket(context.env.incoming, context.env.outgoing, throwAfterOne);
    return context.body(null);
  });
  app.get('/accepted', async context => {
    await throwAfterOne(await acceptWebSocket(context.env.incoming, context.env.outgoing));
    return context.body(null);
  });
  app.onError((error, context) => {
    reported.push(error);
    return context.text('failed', 500);
  });
  const listener = getRequestListener(app.fetch);
  return { server: isHttp2 ? createHttp2Server(listener as never) : createServer(listener), reported };
}

function inFastify(isHttp2: boolean): Served {
  const app = fastify({ http2: isHttp2 as true });
  app.get('/handled', async (request, reply) => {
    reply.hijack();
    await handleWebSocket(request.raw, reply.raw, throwAfterOne);
  });
  void app.ready();
  return { server: app.server as WebSocketServer, reported: [] };
}

const cases: [name: string, serve: () => Served, options: ClientOptions, routes: readonly string[]][] = [
  ['Express on HTTP/1.1', inExpress, {}, ['/handled', '/accepted']],
  ['Hono on HTTP/1.1', () => inHono(false), {}, ['/handled', '/accepted']],
  ['Hono on HTTP/2', () => inHono(true), { httpVersion: '2' }, ['/handled', '/accepted']],
  ['Fastify on HTTP/1.1', () => inFastify(false), {}, ['/handled']],
  ['Fastify on HTTP/2', () => inFastify(true), { httpVersion: '2' }, ['/handled']],
];

describe('a handler that throws', () => {
  for (const [name, serve, options, routes] of cases) {
    for (const route of routes) {
      test(`in ${route} of ${name} closes with 1011, and its error is reported once`, async () => {
        const { server, reported } = serve();
        const told: unknown[] = [];
        useWebSockets(server, { onHandlerError: error => told.push(error) });
        await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
        const { port } = (server as Server).address() as AddressInfo;
        const socket = await connectWebSocket(`ws://127.0.0.1:${port}${route}`, options);
        await socket.send('now');
        assert.deepEqual(await socket.closed, { code: 1011, reason: '', clean: true });
        assert.deepEqual([...told, ...reported].map(String), ['Error: handler bug']);
        await new Promise(resolve => server.close(resolve));
      });
    }
  }
});
