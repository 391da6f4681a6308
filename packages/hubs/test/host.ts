// A hub on a real HTTP server for one test, and clients for it: the official one, and bare WebSockets that speak by hand.
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
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
import { type HubConnection, HubConnectionBuilder, type IHttpConnectionOptions, LogLevel } from '@microsoft/signalr';
import WebSocket from 'ws';

export interface Host {
  readonly server: Server;
  readonly hubs: HubServer;
  /** `http://127.0.0.1:port`, no slash. */
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
  } = {},
): Promise<Host> {
  const server = options.listener === undefined ? createServer() : createServer(options.listener);
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
  return { server, hubs, sockets, complaints, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The official client, not started. */
export function officialClient(
  t: TestContext,
  url: string,
  options: IHttpConnectionOptions = {},
  configure: (builder: HubConnectionBuilder) => HubConnectionBuilder = builder => builder,
): HubConnection {
  const builder = new HubConnectionBuilder().withUrl(url, options).configureLogging(LogLevel.None);
  const connection = configure(builder).build();
  t.after(() => connection.stop());
  return connection;
}

export async function connected(t: TestContext, url: string, options?: IHttpConnectionOptions): Promise<HubConnection> {
  const connection = officialClient(t, url, options);
  await connection.start();
  return connection;
}

/** A client that says what it is told to, and keeps what it hears. */
export class BareClient {
  readonly socket: WebSocket;
  /** Records without their separators. */
  readonly heard: string[] = [];
  readonly frames: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', data => {
      this.frames.push(String(data));
      this.heard.push(...String(data).split('\u001e').slice(0, -1));
      this.#wake?.();
    });
    this.closed = new Promise(resolve => {
      socket.on('close', (code, reason) => {
        this.#isClosed = true;
        this.#wake?.();
        resolve({ code, reason: String(reason) });
      });
    });
    socket.on('error', () => {});
  }

  send(...records: string[]): void {
    this.socket.send(records.map(record => `${record}\u001e`).join(''));
  }

  /** Waits for the next record that is none of the pings. */
  async next(): Promise<string> {
    for (;;) {
      const record = this.heard.shift();
      if (record !== undefined && record !== '{"type":6}') return record;
      if (record !== undefined) continue;
      if (this.#isClosed) throw new Error('the connection was closed');
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}

export const jsonHandshake = '{"protocol":"json","version":1}';

/** An open WebSocket without a handshake. */
export async function bareClient(
  t: TestContext,
  url: string,
  headers: Record<string, string> = {},
): Promise<BareClient> {
  const socket = new WebSocket(url.replace('http:', 'ws:'), { headers, perMessageDeflate: false });
  t.after(() => socket.terminate());
  const client = new BareClient(socket);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return client;
}

/** After the handshake. */
export async function bareHubClient(t: TestContext, url: string): Promise<BareClient> {
  const client = await bareClient(t, url);
  client.send(jsonHandshake);
  assert.equal(await client.next(), '{}');
  return client;
}

/** The status that a WebSocket request is refused with, and what came with it. */
export async function refusedUpgrade(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string; type: string | undefined }> {
  const socket = new WebSocket(url.replace('http:', 'ws:'), { headers });
  socket.on('error', () => {});
  return await new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate();
      reject(new Error('the WebSocket was accepted'));
    });
    socket.on('unexpected-response', async (_request, response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode!, body, type: response.headers['content-type'] });
    });
  });
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
