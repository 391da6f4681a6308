// Runs hub methods (§8): looks the method up, checks mode and authorization, binds, calls, answers. Messages come in
// parsed; answers go out as messages. It touches no socket: a connection is what DispatchConnection says.
import { type CallConnection, ConnectionCall } from '../call.ts';
import { HubServerError } from '../errors.ts';
import type { AnyHubDefinition } from '../hub.ts';
import { HubError } from '../hub-error.ts';
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
import { bindArguments, expectedStreamCount } from './arguments.ts';
import { Invocation, type InvocationSlot } from './invocation.ts';
import { createMethodTable, findMethod, type MethodDescriptor, type MethodTable } from './method-table.ts';
import { iteratorOf, pumpResults } from './result-stream.ts';
import type { DispatchSession } from './session.ts';

export interface DispatchConnection extends CallConnection {
  readonly session: DispatchSession;
  /** As LifetimeConnection.write: waits when the client is slow, throws what serialization throws. */
  send(message: HubMessage): Promise<void> | undefined;
}

type CallMessage = InvocationMessage | StreamInvocationMessage;

export class Dispatcher {
  readonly #hub: AnyHubDefinition;
  readonly #methods: MethodTable;
  readonly #enableDetailedErrors: boolean;
  readonly #log: HubLogger;

  constructor(hub: AnyHubDefinition, options: { readonly enableDetailedErrors: boolean; readonly log: HubLogger }) {
    this.#hub = hub;
    this.#methods = createMethodTable(hub);
    this.#enableDetailedErrors = options.enableDetailedErrors;
    this.#log = options.log;
  }

  /** A promise when nothing more of this connection may be dispatched before it resolves. Never rejects. */
  dispatch(connection: DispatchConnection, message: HubMessage): Promise<void> | undefined {
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
    await this.#hub.onConnected?.(new ConnectionCall(connection, new Invocation(undefined, undefined, false)));
  }

  async onDisconnected(connection: DispatchConnection, error: Error | undefined): Promise<void> {
    await this.#hub.onDisconnected?.(new ConnectionCall(connection, new Invocation(undefined)), error);
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
      void this.#run(connection, method, message, invocation, uploads);
    } catch (error) {
      this.#fail(connection, message, text.invocationFailed(message.target, error, this.#enableDetailedErrors));
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
      const call = new ConnectionCall(connection, invocation);
      // Without anything to wait for, a method runs, and is answered, before the next message is looked at.
      const isAdmitted = method.authorize?.(call) ?? true;
      if ((isAdmitted instanceof Promise ? await isAdmitted : isAdmitted) !== true) {
        return this.#fail(connection, message, text.unauthorized(message.target));
      }
      const mistake = wrongMode(method, message);
      if (mistake !== undefined) return this.#fail(connection, message, mistake);
      const args = this.#bind(method, message, uploads);
      const bound = args instanceof Promise ? await args : args;
      if (typeof bound === 'string') return this.#fail(connection, message, bound);
      const returned = method.fn.call(this.#hub.methods, call, ...bound);
      const result = isThenable(returned) ? await returned : returned;
      if (message.type === 'stream-invocation') await this.#stream(connection, message, invocation, result);
      else if (iteratesAsync(result)) this.#fail(connection, message, text.streamingCalledPlainly(message.target));
      else if (message.invocationId !== undefined) connection.send(resultCompletion(message.invocationId, result));
    } catch (error) {
      this.#logFailure(connection, message, error);
      this.#fail(connection, message, text.invocationFailed(message.target, error, this.#enableDetailedErrors));
    } finally {
      session.closeUploads(message.streamIds ?? []);
      session.ended(invocation);
    }
  }

  /** The method's parameters, or the text of the refusal. */
  #bind(
    method: MethodDescriptor,
    message: CallMessage,
    uploads: readonly unknown[],
  ): readonly unknown[] | string | Promise<readonly unknown[] | string> {
    const refuse = (error: unknown): string => text.bindingFailed(message.target, error, this.#enableDetailedErrors);
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
    if (iterator === undefined) return this.#fail(connection, message, text.notAStream(message.target));
    const { invocationId } = message;
    let closed: Promise<unknown> | undefined;
    try {
      const write = (item: unknown) => connection.send({ type: 'stream-item', invocationId, item });
      ({ closed } = await pumpResults(iterator, invocation, write));
      connection.session.answered(invocation);
      connection.send(endCompletion(invocationId));
    } catch (error) {
      this.#logFailure(connection, message, error);
      connection.session.answered(invocation);
      this.#fail(connection, message, text.streamingFailed(error, this.#enableDetailedErrors));
    }
    // After a cancel the method may still be busy: it counts as running until it has really ended.
    await closed?.catch(error => this.#logFailure(connection, message, error));
  }

  #fail(connection: DispatchConnection, { invocationId, target }: CallMessage, error: string): void {
    if (invocationId === undefined) this.#debug(connection, target, error);
    else connection.send(errorCompletion(invocationId, error));
  }

  #logFailure({ connectionId }: DispatchConnection, { target }: CallMessage, error: unknown): void {
    const isMeant = error instanceof HubError || (error instanceof HubServerError && error.facts.isPublic);
    const level = isMeant ? 'debug' : 'error';
    this.#log[level]({ connectionId, method: target, err: error }, 'hub method failed');
  }

  #debug({ connectionId }: DispatchConnection, subject: string, message: string): void {
    this.#log.debug({ connectionId, subject }, message);
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
