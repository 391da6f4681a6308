// What can be watched of one hub: OpenTelemetry spans and metrics, and facts on node:diagnostics_channel. While nobody
// listens a connection has no telemetry at all and a call asks two questions.
import { context, type Link, type Span, type Tracer } from '@opentelemetry/api';
import type { ConnectionEnd } from '../connection/end.ts';
import { type CallFacts, type ConnectionFacts, hasListeners, publish } from './channels.ts';
import { type ConnectionInstruments, connectionStatus, InstrumentSource, transportAttribute } from './metrics.ts';
import { activeLinks, failSpan, listeningTracer, startSpan } from './tracing.ts';

const scope = '@longhaul/hubs';

export interface WatchedConnection {
  readonly connectionId: string;
  readonly userIdentifier: string | undefined;
  /** Of the Host header. */
  readonly host: string | undefined;
  readonly transport: string;
}

export interface WatchedCall {
  readonly method: string;
  readonly invocationId: string | undefined;
  readonly isStream: boolean;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

export class HubTelemetry {
  readonly hub: string;
  readonly #instruments = new InstrumentSource(scope);

  constructor(hub: string) {
    this.hub = hub;
  }

  /** `undefined` when nobody listens as the connection begins: then it is not watched later either. */
  connectionOpened(connection: WatchedConnection): ConnectionTelemetry | undefined {
    const tracer = listeningTracer(scope);
    const instruments = this.#instruments.current;
    const facts: ConnectionFacts = {
      hub: this.hub,
      connectionId: connection.connectionId,
      userIdentifier: connection.userIdentifier,
      transport: connection.transport,
    };
    publish('longhaul.hubs.connection.opened', () => facts);
    if (tracer === undefined && instruments === undefined && !hasListeners('longhaul.hubs.connection.closed')) {
      return undefined;
    }
    return new ConnectionTelemetry(facts, connection.host, tracer, instruments);
  }

  /** Asked before anything is gathered about a call. */
  watchesCalls(telemetry: ConnectionTelemetry | undefined): boolean {
    if (telemetry?.tracer !== undefined) return true;
    return hasListeners('longhaul.hubs.call.started') || hasListeners('longhaul.hubs.call.ended');
  }

  /** `undefined` when nobody listens. */
  callStarted(
    { connectionId }: { readonly connectionId: string },
    telemetry: ConnectionTelemetry | undefined,
    call: WatchedCall,
  ): CallTelemetry | undefined {
    if (!this.watchesCalls(telemetry)) return undefined;
    const { method, invocationId, isStream, headers } = call;
    const facts: CallFacts = { hub: this.hub, method, connectionId, invocationId, isStream };
    return new CallTelemetry(facts, telemetry?.startSpan(method, headers));
  }

  messageDropped(connectionId: string): void {
    publish('longhaul.hubs.message.dropped', () => ({ hub: this.hub, connectionId }));
  }

  messageLimited(connectionId: string, type: string): void {
    publish('longhaul.hubs.message.limited', () => ({ hub: this.hub, connectionId, type }));
  }
}

export class ConnectionTelemetry {
  readonly tracer: Tracer | undefined;
  readonly #facts: ConnectionFacts;
  readonly #host: string | undefined;
  readonly #instruments: ConnectionInstruments | undefined;
  readonly #links: Link[];
  readonly #openedAt = performance.now();

  constructor(
    facts: ConnectionFacts,
    host: string | undefined,
    tracer: Tracer | undefined,
    instruments: ConnectionInstruments | undefined,
  ) {
    this.#facts = facts;
    this.#host = host;
    this.tracer = tracer;
    this.#instruments = instruments;
    this.#links = tracer === undefined ? [] : activeLinks();
    instruments?.active.add(1, { 'signalr.transport': transportAttribute(facts.transport) });
  }

  startSpan(method: string, headers: Readonly<Record<string, string>> | undefined) {
    if (this.tracer === undefined) return undefined;
    return startSpan(this.tracer, {
      hub: this.#facts.hub,
      method,
      headers,
      serverAddress: this.#host?.replace(/:\d*$/, ''),
      links: this.#links,
    });
  }

  closed(end: ConnectionEnd): void {
    const durationMs = performance.now() - this.#openedAt;
    const transport = { 'signalr.transport': transportAttribute(this.#facts.transport) };
    this.#instruments?.active.add(-1, transport);
    this.#instruments?.duration.record(durationMs / 1000, {
      ...transport,
      'signalr.connection.status': connectionStatus(end),
    });
    publish('longhaul.hubs.connection.closed', () => ({ ...this.#facts, end: end.kind, durationMs }));
  }
}

export class CallTelemetry {
  readonly #facts: CallFacts;
  readonly #span: Span | undefined;
  readonly #context: ReturnType<typeof context.active> | undefined;
  readonly #startedAt = performance.now();
  #error: unknown;

  constructor(facts: CallFacts, started: ReturnType<ConnectionTelemetry['startSpan']>) {
    this.#facts = facts;
    this.#span = started?.span;
    this.#context = started?.context;
    publish('longhaul.hubs.call.started', () => facts);
  }

  /** What runs inside, and what it awaits, has the call's span as its parent. */
  run<Result>(inside: () => Result): Result {
    return this.#context === undefined ? inside() : context.with(this.#context, inside);
  }

  /** An exception, or the text of a refusal. The first one counts. */
  failed(error: unknown): void {
    this.#error ??= error;
  }

  ended(): void {
    if (this.#span !== undefined) {
      if (this.#error !== undefined) failSpan(this.#span, this.#error);
      this.#span.end();
    }
    const durationMs = performance.now() - this.#startedAt;
    publish('longhaul.hubs.call.ended', () => ({ ...this.#facts, error: this.#error, durationMs }));
  }
}
