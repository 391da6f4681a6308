// What becomes of each message of a client (§8): calls find their method, their slot and their upload streams and are handed
// to the method runner; items, ends and cancels find their call. It touches no socket: a connection is what
// DispatchConnection says.
import { type CallConnection, ConnectionCall } from '../call.ts';
import type { HubServerError } from '../errors.ts';
import type { AnyHubDefinition } from '../hub.ts';
import { HubError } from '../hub-error.ts';
import type { HubFilter } from '../hub-filter.ts';
import type { HubLogger } from '../log.ts';
import * as text from '../protocol/error-text.ts';
import type { HubMessage } from '../protocol/messages.ts';
import type { ConnectionTelemetry, HubTelemetry } from '../telemetry/telemetry.ts';
import { expectedStreamCount } from './arguments.ts';
import { aroundEvent } from './filters.ts';
import { Invocation, type InvocationSlot } from './invocation.ts';
import { type CallMessage, MethodRunner } from './method-runner.ts';
import { createMethodTable, findMethod, type MethodDescriptor, type MethodTable } from './method-table.ts';
import { isRateLimited, type RateLimit } from './rate-gate.ts';
import type { DispatchSession } from './session.ts';

export interface DispatchConnection extends CallConnection {
  readonly session: DispatchSession;
  /** Set when somebody watches this connection. */
  readonly telemetry?: ConnectionTelemetry | undefined;
  /** As LifetimeConnection.write: waits when the client is slow, throws what serialization throws. */
  send(message: HubMessage): Promise<void> | undefined;
  /** Ends the connection with this error; the client may reconnect. */
  fail(error: Error): void;
}

export interface DispatcherOptions {
  readonly enableDetailedErrors: boolean;
  readonly log: HubLogger;
  /** The outermost first. */
  readonly filters?: readonly HubFilter[];
  readonly rateLimit?: RateLimit | null;
  readonly telemetry?: HubTelemetry;
  /** Milliseconds of a steady clock. Default: performance.now. */
  readonly now?: () => number;
}

export class Dispatcher {
  readonly #hub: AnyHubDefinition;
  readonly #methods: MethodTable;
  readonly #filters: readonly HubFilter[];
  readonly #runner: MethodRunner;
  readonly #options: DispatcherOptions;
  readonly #now: () => number;

  constructor(hub: AnyHubDefinition, options: DispatcherOptions) {
    this.#hub = hub;
    this.#methods = createMethodTable(hub);
    this.#filters = options.filters ?? [];
    this.#runner = new MethodRunner(hub, options);
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** A promise when nothing more of this connection may be dispatched before it resolves. Never rejects. */
  dispatch(connection: DispatchConnection, message: HubMessage): Promise<void> | undefined {
    const { rateLimit } = this.#options;
    if (!rateLimit || !isRateLimited(message)) return this.#route(connection, message);
    const { session } = connection;
    const verdict = session.judgeRate(rateLimit, this.#now());
    if ('refused' in verdict) return void this.#refuse(connection, message, rateLimit, verdict.refused);
    if (verdict.waitMs === 0) return this.#route(connection, message);
    return elapsed(verdict.waitMs).then(() => (session.isEnded ? undefined : this.#route(connection, message)));
  }

  #route(connection: DispatchConnection, message: HubMessage): Promise<void> | undefined {
    switch (message.type) {
      case 'invocation':
      case 'stream-invocation':
        return this.#invocation(connection, message);
      case 'stream-item':
        return connection.session.uploadItem(message);
      case 'completion': {
        const isTaken =
          connection.session.uploadEnded(message) ||
          connection.lifetime.completeInvocation(connection.connectionId, message);
        if (!isTaken) this.#runner.debug(connection, message.invocationId, 'a completion answers nothing that is open');
        return undefined;
      }
      case 'cancel-invocation':
        connection.session.cancel(message.invocationId);
        return undefined;
      case 'ping':
      case 'close':
      case 'ack':
      case 'sequence':
        // Signs of life; the connection itself deals with them.
        return undefined;
    }
  }

  /** Rejects with what the hub throws. Nothing: nobody wants to know. */
  onConnected(connection: DispatchConnection): Promise<void> | undefined {
    if (this.#hub.onConnected === undefined && this.#filters.every(each => each.onConnected === undefined)) {
      return undefined;
    }
    const call = new ConnectionCall(connection, new Invocation(undefined, undefined, false));
    const hooks = this.#filters.flatMap(({ onConnected }) =>
      onConnected === undefined ? [] : [(next: () => Promise<void>) => onConnected(call, next)],
    );
    return this.#watched(connection, 'onConnected', () => aroundEvent(hooks, () => this.#hub.onConnected?.(call)));
  }

  async onDisconnected(connection: DispatchConnection, error: Error | undefined): Promise<void> {
    const call = new ConnectionCall(connection, new Invocation(undefined));
    const hooks = this.#filters.flatMap(({ onDisconnected }) =>
      onDisconnected === undefined ? [] : [(next: () => Promise<void>) => onDisconnected(call, error, next)],
    );
    if (hooks.length === 0 && this.#hub.onDisconnected === undefined) return;
    await this.#watched(connection, 'onDisconnected', () =>
      aroundEvent(hooks, () => this.#hub.onDisconnected?.(call, error)),
    );
  }

  /** An event of a connection as a call that telemetry sees. */
  async #watched(connection: DispatchConnection, method: string, inside: () => Promise<void>): Promise<void> {
    const facts = { method, invocationId: undefined, isStream: false, headers: undefined };
    const telemetry = this.#options.telemetry?.callStarted(connection, connection.telemetry, facts);
    if (telemetry === undefined) return await inside();
    try {
      await telemetry.run(inside);
    } catch (error) {
      telemetry.failed(error);
      throw error;
    } finally {
      telemetry.ended();
    }
  }

  /** Over the rate limit. */
  #refuse(connection: DispatchConnection, message: HubMessage, limit: RateLimit, error: HubServerError): void {
    this.#options.telemetry?.messageLimited(connection.connectionId, message.type);
    if (limit.exceeded === 'disconnect') connection.fail(error);
    else if (message.type === 'stream-item') connection.session.failUpload(message.invocationId, error);
    else if (message.type === 'invocation' || message.type === 'stream-invocation') {
      this.#runner.fail(connection, message, this.#runner.textOf(message, error));
    }
  }

  #invocation(connection: DispatchConnection, message: CallMessage): Promise<void> | undefined {
    const method = findMethod(this.#methods, message.target);
    if (method === undefined) return void this.#runner.fail(connection, message, text.unknownMethod(message.target));
    const { session } = connection;
    // §8.3: streams in either direction take no slot.
    if (message.type === 'stream-invocation' || (message.streamIds?.length ?? 0) > 0) {
      return void this.#start(connection, method, message, undefined);
    }
    const slot = session.takeSlot();
    if (!(slot instanceof Promise)) return void this.#start(connection, method, message, slot);
    return slot.then(taken => {
      if (session.isEnded) taken.release();
      else this.#start(connection, method, message, taken);
    });
  }

  /** Everything that must have happened before the next message is looked at, then the method itself. */
  #start(
    connection: DispatchConnection,
    method: MethodDescriptor,
    message: CallMessage,
    slot: InvocationSlot | undefined,
  ): void {
    const { session } = connection;
    const { streamIds = noStreams } = message;
    const invocation = new Invocation(message.invocationId, slot);
    try {
      if (message.type === 'stream-invocation' && session.isInUse(message.invocationId)) {
        this.#runner.fail(connection, message, text.invocationIdInUse(message.invocationId));
        return;
      }
      if (slot === undefined) session.makeRoom(1 + streamIds.length);
      checkStreamCount(method, message);
      const uploads = session.openUploads(streamIds, method.items);
      session.started(invocation);
      const { telemetry } = this.#options;
      if (telemetry?.watchesCalls(connection.telemetry) === true) {
        const facts = {
          method: method.name,
          invocationId: message.invocationId,
          isStream: method.isStreaming,
          headers: message.headers,
        };
        invocation.telemetry = telemetry.callStarted(connection, connection.telemetry, facts);
      }
      const run = () => this.#runner.run(connection, method, message, invocation, uploads);
      void (invocation.telemetry === undefined ? run() : invocation.telemetry.run(run));
    } catch (error) {
      this.#runner.fail(connection, message, this.#runner.textOf(message, error));
      invocation.releaseSlot();
    }
  }
}

const noStreams: readonly string[] = Object.freeze([]);

/** Of a call that does not bind (§8.2), nobody knows the streams. */
function checkStreamCount(
  method: MethodDescriptor,
  { arguments: args, streamIds = noStreams, bindingError }: CallMessage,
): void {
  const expected = expectedStreamCount(method, args.length);
  if (streamIds.length === expected || bindingError !== undefined) return;
  if (streamIds.length === 0 && method.streams === undefined) return;
  throw new HubError(`Client sent ${streamIds.length} stream(s), Hub method expects ${expected}.`);
}

function elapsed(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref());
}
