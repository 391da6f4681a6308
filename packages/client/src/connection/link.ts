// ACTS. One hub connection over the agent's Unix socket, made by the official SignalR client with our WebSocket class.
// It is opened, used and closed; it never comes back: connection.ts makes another one.
import {
  type AgentClient,
  type AgentHub,
  agentHubPath,
  type ErrorCode,
  isErrorCode,
  LonghaulError,
} from '@longhaul/agent-protocol';
import { createWebSocketClass, WebSocketError } from '@longhaul/websockets';
import {
  HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  HubConnectionState,
  type IHttpConnectionOptions,
  LogLevel,
} from '@microsoft/signalr';
import { defaults } from '../options.ts';
import { answeredError } from './hub-errors.ts';
import { LinkLostError } from './link-lost-error.ts';

/** What the agent tells by itself, as far as somebody listens. */
export type LinkEvents = Partial<AgentClient>;

export interface LinkAddress {
  readonly socketPath: string;
  /** Bearer token: the owner's or an app's grant. */
  readonly token: string;
}

export class Link {
  readonly #hub: HubConnection;
  /** Resolves when the link is no more, with the reason if it broke. */
  readonly closed: Promise<Error | undefined>;
  readonly #answered = Promise.withResolvers<void>();

  private constructor(hub: HubConnection, events: LinkEvents) {
    this.#hub = hub;
    this.closed = new Promise(resolve => hub.onclose(resolve));
    for (const [name, heard] of Object.entries(events)) hub.on(name, heard);
  }

  /**
   * Gives up after `timeoutMs`. @throws LonghaulError `access-denied` (the token), what its keeper says of an agent that cannot
   * start, as `disk-full`, `agent-not-reachable` (all else)
   */
  static async open({ socketPath, token }: LinkAddress, events: LinkEvents, timeoutMs: number): Promise<Link> {
    const failures: unknown[] = [];
    const options: SocketOptions = {
      transport: HttpTransportType.WebSockets,
      skipNegotiation: true,
      WebSocket: reporting(
        createWebSocketClass({
          socketPath,
          headers: { authorization: `Bearer ${token}` },
          maxMessageBytes: defaults.maxAnswerBytes,
        }),
        failures,
      ),
    };
    const hub = new HubConnectionBuilder()
      .withUrl(`http://localhost${agentHubPath}`, options)
      .configureLogging(LogLevel.None)
      .build();
    const link = new Link(hub, events);
    const timer = setTimeout(() => void hub.stop(), timeoutMs);
    try {
      await hub.start();
    } catch (error) {
      throw openError(failures[0] ?? error);
    } finally {
      clearTimeout(timer);
    }
    return link;
  }

  /** Resolves with the first answer. */
  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  get isOpen(): boolean {
    return this.#hub.state === HubConnectionState.Connected;
  }

  /**
   * @throws LonghaulError as the agent answered.
   * @throws LinkLostError when no answer came because the link broke.
   */
  async invoke<Verb extends keyof AgentHub>(
    verb: Verb,
    ...args: Parameters<AgentHub[Verb]>
  ): Promise<Awaited<ReturnType<AgentHub[Verb]>>> {
    try {
      const answer = await this.#hub.invoke<Awaited<ReturnType<AgentHub[Verb]>>>(verb, ...args);
      this.#answered.resolve();
      return answer;
    } catch (error) {
      const answered = answeredError(error);
      if (answered) {
        this.#answered.resolve();
        throw answered;
      }
      // JSON is made of the arguments before anything is sent.
      if (error instanceof TypeError) {
        throw new LonghaulError('invalid-argument', `what ${verb} is given is no JSON: ${error.message}`, {
          cause: error,
        });
      }
      // What the transport rejects with is not an Error: the link is dead and only does not know it yet.
      if (!(error instanceof Error)) await this.close();
      if (!this.isOpen) throw new LinkLostError(error);
      throw new LonghaulError('internal', `the agent refused ${verb}: ${(error as Error).message}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#hub.stop();
  }
}

/** The client takes a WebSocket class (documented, used by its own tests) that its types leave out. */
type SocketOptions = IHttpConnectionOptions & { readonly WebSocket: WebSocketClass };

type WebSocketClass = ReturnType<typeof createWebSocketClass>;

/** The SignalR client tells why a socket did not open in words only; the socket's own error has the facts. */
function reporting(Base: WebSocketClass, failures: unknown[]): WebSocketClass {
  return class extends Base {
    constructor(...args: ConstructorParameters<WebSocketClass>) {
      super(...args);
      this.addEventListener('error', event => failures.push((event as ErrorEvent).error));
    }
  };
}

function openError(cause: unknown): LonghaulError {
  if (cause instanceof WebSocketError && (cause.status === 401 || cause.status === 403)) {
    return new LonghaulError('access-denied', 'the agent does not know this token', { cause });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  const said = cause instanceof WebSocketError && cause.status === 503 ? refusalIn(cause.body) : undefined;
  return new LonghaulError(said?.code ?? 'agent-not-reachable', said?.message ?? message, { cause });
}

/** What a keeper says that has no agent to serve with. */
function refusalIn(body: string | undefined): { readonly code: ErrorCode; readonly message: string } | undefined {
  try {
    const { code, message } = JSON.parse(body ?? '') as { readonly code?: unknown; readonly message?: unknown };
    return isErrorCode(code) && typeof message === 'string' ? { code, message } : undefined;
  } catch {
    return undefined;
  }
}
