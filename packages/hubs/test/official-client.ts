// The official client for one test, and the ways it can talk to a hub: every transport with every protocol that it carries.
import type { TestContext } from 'node:test';
import {
  HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  type IHttpConnectionOptions,
  type IHubProtocol,
  JsonHubProtocol,
  LogLevel,
} from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';

export interface Way {
  readonly name: string;
  readonly transport: HttpTransportType;
  readonly createProtocol: () => IHubProtocol;
}

const json = () => new JsonHubProtocol();
const messagepack = () => new MessagePackHubProtocol();

export const ways: readonly Way[] = [
  { name: 'WebSockets, JSON', transport: HttpTransportType.WebSockets, createProtocol: json },
  { name: 'WebSockets, MessagePack', transport: HttpTransportType.WebSockets, createProtocol: messagepack },
  { name: 'Server-Sent Events, JSON', transport: HttpTransportType.ServerSentEvents, createProtocol: json },
  { name: 'long polling, JSON', transport: HttpTransportType.LongPolling, createProtocol: json },
  { name: 'long polling, MessagePack', transport: HttpTransportType.LongPolling, createProtocol: messagepack },
];

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

/** Everything a stream brings. */
export function collect<T>(stream: {
  subscribe(observer: { next(value: T): void; error(error: unknown): void; complete(): void }): unknown;
}): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const items: T[] = [];
    stream.subscribe({ next: item => items.push(item), error: reject, complete: () => resolve(items) });
  });
}
