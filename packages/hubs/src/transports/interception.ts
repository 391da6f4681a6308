// Takes the hubs' requests out of an HTTP server's stream of events, before any listener sees them and whatever the order
// of listeners is (decision 020). They go to a second server that never listens; it is where useWebSockets brings upgrade
// requests back to 'request'.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { useWebSockets } from '@longhaul/websockets';

export type HttpServer = Server | HttpsServer;

export interface RequestTaker {
  isOurs(request: IncomingMessage): boolean;
  answer(request: IncomingMessage, response: ServerResponse): void;
}

interface Route {
  readonly isOurs: (request: IncomingMessage) => boolean;
  readonly inner: Server;
}

const routesOf = Symbol('hubRoutes');
type InterceptedServer = HttpServer & { [routesOf]?: Set<Route> };
type Emit = (this: HttpServer, event: string | symbol, ...args: unknown[]) => boolean;

/** Disposing leaves all requests to the server's own listeners. */
export function interceptRequests(
  server: HttpServer,
  allowedOrigins: readonly string[] | undefined,
  taker: RequestTaker,
): Disposable {
  const inner = createServer((request, response) => taker.answer(request, response));
  useWebSockets(inner, allowedOrigins === undefined ? {} : { allowedOrigins });
  const route: Route = { isOurs: request => taker.isOurs(request), inner };
  const routes = (server as InterceptedServer)[routesOf] ?? install(server);
  routes.add(route);
  return { [Symbol.dispose]: () => void routes.delete(route) };
}

/** Once for each server; it stays, and without routes changes nothing. */
function install(server: HttpServer): Set<Route> {
  const routes = new Set<Route>();
  (server as InterceptedServer)[routesOf] = routes;
  // Without a listener Node would not even raise 'upgrade'; the server's own 'request' listeners get WebSockets by it too.
  const before = new Set(server.rawListeners('upgrade'));
  useWebSockets(server);
  const added = server.rawListeners('upgrade').find(listener => !before.has(listener));
  const earlier = server.emit as Emit;
  const emit: Emit = function (event, ...args) {
    if (event !== 'request' && event !== 'upgrade') return earlier.call(this, event, ...args);
    for (const { isOurs, inner } of routes) {
      if (isOurs(args[0] as IncomingMessage)) return inner.emit(event, ...args);
    }
    if (event === 'upgrade' && added !== undefined && this.listenerCount('upgrade') > 1) {
      // Somebody else's WebSockets are on this server: what is not ours is theirs alone.
      for (const listener of this.rawListeners('upgrade')) if (listener !== added) listener.apply(this, args);
      return true;
    }
    if (event === 'request' && this.listenerCount('request') === 0) {
      (args[1] as ServerResponse).writeHead(404, { 'Content-Length': 0 }).end();
      return true;
    }
    return earlier.call(this, event, ...args);
  };
  server.emit = emit as HttpServer['emit'];
  return routes;
}
