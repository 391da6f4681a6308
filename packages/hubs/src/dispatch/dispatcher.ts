// Runs hub methods (§8): looks the method up, binds, asks the policies, calls through the filters, answers. Messages come
// in parsed; answers go out as messages. It touches no socket: a connection is what DispatchConnection says.
import { type CallConnection, ConnectionCall } from '../call.ts';
import { HubServerError } from '../errors.ts';
import type { AnyHubDefinition, AnyPolicy } from '../hub.ts';
import { HubError } from '../hub-error.ts';
import type { HubFilter, HubInvocation } from '../hub-filter.ts';
import type { HubLogger } from '../log.ts';
import * as text from '../protocol/error-text.ts';
import {
  endCompletion,
  errorCompletion,
  type HubMessage,
  type InvocationMessage,
  resultCompletion,
  type StreamInvocationMessage,
} from '../protocol/messages.ts';
import type { ConnectionTelemetry, HubTelemetry } from '../telemetry/telemetry.ts';
import { bindArguments, expectedStreamCount } from './arguments.ts';
import { isAuthorized, listPolicies } from './authorization.ts';
import { type AroundMethod, aroundEvent, aroundMethod } from './filters.ts';
import { Invocation, type InvocationSlot } from './invocation.ts';
import { createMethodTable, findMethod, type MethodDescriptor, type MethodTable } from './method-table.ts';
import { isRateLimited, type RateLimit } from './rate-gate.ts';
import { iteratorOf, pumpResults } from './result-stream.ts';
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

type CallMessage = InvocationMessage | StreamInvocationMessage;

export class Dispatcher {
  readonly #hub: AnyHubDefinition;
  readonly #methods: MethodTable;
  readonly #hubPolicies: readonly AnyPolicy[];
  readonly #filters: readonly HubFilter[];
  readonly #aroundMethod: AroundMethod | undefined;
  readonly #options: DispatcherOptions;
  readonly #now: () => number;

  constructor(hub: AnyHubDefinition, options: DispatcherOptions) {
    this.#hub = hub;
    this.#methods = createMethodTable(hub);
    this.#hubPolicies = listPolicies(hub.authorize);
    this.#filters = options.filters ?? [];
    this.#aroundMethod = aroundMethod(this.#filters);
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
        if (!isTaken) this.#debug(connection, message.invocationId, 'a completion answers nothing that is open');
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

  async onConnected(connection: DispatchConnection): Promise<void> {
    const call = new ConnectionCall(connection, new Invocation(undefined, undefined, false));
    const hooks = this.#filters.flatMap(({ onConnected }) =>
      onConnected === undefined ? [] : [(next: () => Promise<void>) => onConnected(call, next)],
    );
    if (hooks.length === 0 && this.#hub.onConnected === undefined) return;
    await this.#watched(connection, 'onConnected', () => aroundEvent(hooks, () => this.#hub.onConnected?.(call)));
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
      this.#fail(connection, message, this.#textOf(message, error));
    }
  }

  #invocation(connection: DispatchConnection, message: CallMessage): Promise<void> | undefined {
    const method = findMethod(this.#methods, message.target);
    if (method === undefined) return void this.#fail(connection, message, text.unknownMethod(message.target));
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
    const streamIds = message.streamIds ?? [];
    const invocation = new Invocation(message.invocationId, slot);
    try {
      if (message.type === 'stream-invocation' && session.isInUse(message.invocationId)) {
        this.#fail(connection, message, text.invocationIdInUse(message.invocationId));
        return;
      }
      if (slot === undefined) session.makeRoom(1 + streamIds.length);
      const expected = expectedStreamCount(method, message.arguments.length);
      if (streamIds.length !== expected && (streamIds.length > 0 || method.streams !== undefined)) {
        throw new HubError(`Client sent ${streamIds.length} stream(s), Hub method expects ${expected}.`);
      }
      const uploads = session.openUploads(streamIds);
      session.started(invocation);
      const run = () => this.#run(connection, method, message, invocation, uploads);
      const telemetry = this.#options.telemetry?.callStarted(connection, connection.telemetry, {
        method: method.name,
        invocationId: message.invocationId,
        isStream: method.isStreaming,
        headers: message.headers,
      });
      invocation.telemetry = telemetry;
      void (telemetry === undefined ? run() : telemetry.run(run));
    } catch (error) {
      this.#fail(connection, message, this.#textOf(message, error));
      invocation.releaseSlot();
    }
  }

  async #run(
    connection: DispatchConnection,
    method: MethodDescriptor,
    message: CallMessage,
    invocation: Invocation,
    uploads: readonly unknown[],
  ): Promise<void> {
    const { session } = connection;
    try {
      const refused = (error: string) => {
        invocation.telemetry?.failed(error);
        this.#fail(connection, message, error);
      };
      const call = new ConnectionCall(connection, invocation);
      // Without anything to wait for, a method runs, and is answered, before the next message is looked at.
      const args = this.#bind(method, message, uploads);
      const bound = args instanceof Promise ? await args : args;
      if (typeof bound === 'string') return refused(bound);
      const admitted = this.#isAuthorized(method, call, bound);
      if (!(admitted instanceof Promise ? await admitted : admitted)) return refused(text.unauthorized(message.target));
      const mistake = wrongMode(method, message);
      if (mistake !== undefined) return refused(mistake);
      const returned = this.#call(method, call, bound);
      const result = isThenable(returned) ? await returned : returned;
      if (message.type === 'stream-invocation') await this.#stream(connection, message, invocation, result);
      else if (iteratesAsync(result)) refused(text.streamingCalledPlainly(message.target));
      else if (message.invocationId !== undefined) connection.send(resultCompletion(message.invocationId, result));
    } catch (error) {
      invocation.telemetry?.failed(error);
      this.#logFailure(connection, message, error);
      this.#fail(connection, message, this.#textOf(message, error));
    } finally {
      session.closeUploads(message.streamIds ?? []);
      session.ended(invocation);
      invocation.telemetry?.ended();
    }
  }

  #isAuthorized(
    { name, policies }: MethodDescriptor,
    call: ConnectionCall,
    args: readonly unknown[],
  ): boolean | Promise<boolean> {
    if (this.#hubPolicies.length === 0 && policies.length === 0) return true;
    const invocation: HubInvocation = { call, method: name, args };
    return isAuthorized([...this.#hubPolicies, ...policies], invocation);
  }

  #call({ name, fn }: MethodDescriptor, call: ConnectionCall, bound: readonly unknown[]): unknown {
    const { methods } = this.#hub;
    if (this.#aroundMethod === undefined) return fn.call(methods, call, ...bound);
    return this.#aroundMethod({ call, method: name, args: bound }, args => fn.call(methods, call, ...args));
  }

  /** The method's parameters, or the text of the refusal. */
  #bind(
    method: MethodDescriptor,
    message: CallMessage,
    uploads: readonly unknown[],
  ): readonly unknown[] | string | Promise<readonly unknown[] | string> {
    const { enableDetailedErrors } = this.#options;
    const refuse = (error: unknown): string => text.bindingFailed(message.target, error, enableDetailedErrors);
    try {
      const args = bindArguments(method, message.arguments, uploads);
      return args instanceof Promise ? args.catch(refuse) : args;
    } catch (error) {
      return refuse(error);
    }
  }

  async #stream(
    connection: DispatchConnection,
    message: StreamInvocationMessage,
    invocation: Invocation,
    result: unknown,
  ): Promise<void> {
    const iterator = iteratorOf(result);
    if (iterator === undefined) {
      const error = text.notAStream(message.target);
      invocation.telemetry?.failed(error);
      return this.#fail(connection, message, error);
    }
    const { invocationId } = message;
    let closed: Promise<unknown> | undefined;
    try {
      const write = (item: unknown) => connection.send({ type: 'stream-item', invocationId, item });
      ({ closed } = await pumpResults(iterator, invocation, write));
      connection.session.answered(invocation);
      connection.send(endCompletion(invocationId));
    } catch (error) {
      invocation.telemetry?.failed(error);
      this.#logFailure(connection, message, error);
      connection.session.answered(invocation);
      this.#fail(connection, message, text.streamingFailed(error, this.#options.enableDetailedErrors));
    }
    // After a cancel the method may still be busy: it counts as running until it has really ended.
    await closed?.catch(error => this.#logFailure(connection, message, error));
  }

  #fail(connection: DispatchConnection, { invocationId, target }: CallMessage, error: string): void {
    if (invocationId === undefined) this.#debug(connection, target, error);
    else connection.send(errorCompletion(invocationId, error));
  }

  #textOf({ target }: CallMessage, error: unknown): string {
    return text.invocationFailed(target, error, this.#options.enableDetailedErrors);
  }

  #logFailure({ connectionId }: DispatchConnection, { target }: CallMessage, error: unknown): void {
    const isMeant = error instanceof HubError || (error instanceof HubServerError && error.facts.isPublic);
    const level = isMeant ? 'debug' : 'error';
    this.#options.log[level]({ connectionId, method: target, err: error }, 'hub method failed');
  }

  #debug({ connectionId }: DispatchConnection, subject: string, message: string): void {
    this.#options.log.debug({ connectionId, subject }, message);
  }
}

function wrongMode(method: MethodDescriptor, { type, target }: CallMessage): string | undefined {
  const isStream = type === 'stream-invocation';
  if (method.isStreaming === isStream) return undefined;
  return isStream ? text.plainCalledAsStream(target) : text.streamingCalledPlainly(target);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function iteratesAsync(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function elapsed(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref());
}
