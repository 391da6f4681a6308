// A hub on a real HTTP server for one test.
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import {
  createHubServer,
  type EndpointOptions,
  type HubDefinition,
  type HubServer,
  type HubServerOptions,
  type HubUser,
} from '@longhaul/hubs';

export interface Host {
  readonly server: Server;
  readonly hubs: HubServer;
  /** `http://127.0.0.1:port` (or https), no slash. */
  readonly url: string;
  /** TCP connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Warnings and errors of the hub server. */
  readonly complaints: { message: string; err?: unknown }[];
}

export async function host<Client extends object, User extends HubUser, Methods>(
  t: TestContext,
  hub: HubDefinition<Client, User, Methods>,
  options: {
    server?: HubServerOptions;
    endpoint?: EndpointOptions<User>;
    listener?: RequestListener;
    /** Both HTTP/2 and HTTP/1.1, through TLS. */
    tls?: { readonly key: Buffer; readonly cert: Buffer };
  } = {},
): Promise<Host> {
  const { tls, listener } = options;
  // Node's servers for both versions differ in what nobody here asks them for.
  const server =
    tls === undefined ? createServer() : (createSecureServer({ ...tls, allowHTTP1: true }) as never as Server);
  if (listener !== undefined) server.on('request', listener);
  const complaints: { message: string; err?: unknown }[] = [];
  const complain = (facts: object, message: string) => complaints.push({ ...facts, message });
  const log = { debug: () => {}, info: () => {}, warn: complain, error: complain };
  const hubs = createHubServer(server, { log, ...options.server });
  hubs.map('/hub', hub, options.endpoint);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', socket => sockets.add(socket.on('close', () => sockets.delete(socket))));
  t.after(async () => {
    await hubs.close();
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => server.close(resolve));
  });
  return {
    server,
    hubs,
    sockets,
    complaints,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
}

export interface Negotiated {
  readonly negotiateVersion: number;
  readonly connectionId: string;
  readonly connectionToken: string;
  readonly availableTransports: unknown;
  readonly error?: string;
}

export async function negotiate(
  url: string,
  query = '?negotiateVersion=1',
  headers: Record<string, string> = {},
): Promise<Negotiated> {
  const response = await fetch(`${url}/negotiate${query}`, { method: 'POST', headers });
  assert.equal(response.status, 200);
  return (await response.json()) as Negotiated;
}
