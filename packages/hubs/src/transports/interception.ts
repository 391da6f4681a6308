// Takes the hubs' requests out of an HTTP server's stream of events, before any listener sees them and whatever the order
// of listeners is (decision 020). They go to a second server that never listens; it is where useWebSockets brings upgrade
// requests back to 'request'. Works for node:http, node:https and node:http2.
import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { type AnyRequest, type AnyResponse, useWebSockets, type WebSocketServer } from '@longhaul/websockets';

export type HttpServer = WebSocketServer;

export interface RequestTaker {
  isOurs(target: string | undefined): boolean;
  answer(request: AnyRequest, response: AnyResponse): void | Promise<void>;
}

interface Route {
  readonly isOurs: (target: string | undefined) => boolean;
  readonly http1: Server;
  readonly http2: Http2Server;
}

const routesOf = Symbol('hubRoutes');
type InterceptedServer = HttpServer & { [routesOf]?: Set<Route> };
type Listener = (this: unknown, ...args: unknown[]) => void;
type Emit = (this: HttpServer, event: string | symbol, ...args: unknown[]) => boolean;

/** Disposing leaves all requests to the server's own listeners. */
export function interceptRequests(
  server: HttpServer,
  allowedOrigins: readonly string[] | undefined,
  taker: RequestTaker,
): Disposable {
  const answer = (request: AnyRequest, response: AnyResponse) => {
    // A stream of HTTP/2 that is reset says so here; its end is seen by 'close'.
    request.on('error', ignore);
    response.on('error', ignore);
    // Its promise is no handler's: a hub closes its WebSockets itself, and holds nothing of the request that opened them.
    void taker.answer(request, response);
  };
  const http1 = createServer(answer);
  const http2 = createHttp2Server(answer);
  for (const inner of [http1, http2]) useWebSockets(inner, allowedOrigins === undefined ? {} : { allowedOrigins });
  const route: Route = { isOurs: target => taker.isOurs(target), http1, http2 };
  const routes = (server as InterceptedServer)[routesOf] ?? install(server);
  routes.add(route);
  return { [Symbol.dispose]: () => void routes.delete(route) };
}

/** Once for each server; it stays, and without routes changes nothing. */
function install(server: HttpServer): Set<Route> {
  const routes = new Set<Route>();
  (server as InterceptedServer)[routesOf] = routes;
  const isHttp2 = 'updateSettings' in server;
  // HTTP/2 makes requests out of streams from the first 'request' listener on; this one has said what it had to.
  const toRequest = isHttp2
    ? addedListener(server, 'stream', () => server.once('request', ignore).off('request', ignore))
    : undefined;
  // Without a listener Node would not even raise 'upgrade'; the server's own 'request' listeners get WebSockets by it too.
  const added = addedListener(server, 'upgrade', () => useWebSockets(server));
  const earlier = server.emit as Emit;
  const find = (target: string | undefined): Route | undefined => {
    for (const route of routes) if (route.isOurs(target)) return route;
    return undefined;
  };
  const emit: Emit = function (event, ...args) {
    switch (event) {
      case 'stream': {
        const path = (args[1] as Record<string, string | undefined>)[':path'];
        if (find(path) !== undefined && toRequest !== undefined) toRequest.apply(this, args);
        else return earlier.call(this, event, ...args);
        return true;
      }
      case 'request':
      case 'upgrade':
      case 'connect': {
        const request = args[0] as AnyRequest;
        const route = event === 'connect' && request.httpVersionMajor !== 2 ? undefined : find(request.url);
        if (route !== undefined)
          return (request.httpVersionMajor === 2 ? route.http2 : route.http1).emit(event, ...args);
        if (event === 'request' && this.listenerCount('request') === 0) {
          if (isHttp2 && this.listenerCount('stream') > 1) return true;
          const response = args[1] as AnyResponse;
          response.statusCode = 404;
          response.end();
          return true;
        }
        if (event === 'upgrade' && added !== undefined && this.listenerCount('upgrade') > 1) {
          // Somebody else's WebSockets are on this server: what is not ours is theirs alone.
          for (const listener of this.rawListeners('upgrade')) if (listener !== added) listener.apply(this, args);
          return true;
        }
        return earlier.call(this, event, ...args);
      }
      default:
        return earlier.call(this, event, ...args);
    }
  };
  server.emit = emit as HttpServer['emit'];
  return routes;
}

/** The listener for `event` that `add` adds, if it adds one. */
function addedListener(server: HttpServer, event: string, add: () => unknown): Listener | undefined {
  const before = new Set(server.rawListeners(event));
  add();
  return server.rawListeners(event).find(listener => !before.has(listener)) as Listener | undefined;
}

function ignore(): void {}
