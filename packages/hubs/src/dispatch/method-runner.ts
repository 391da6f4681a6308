// One call of a hub method from its bound arguments to its answer (§8.2): binds, asks the policies, checks the mode, calls
// through the filters, sends the result or the items of the stream.
import { ConnectionCall } from '../call.ts';
import { HubServerError } from '../errors.ts';
import type { AnyHubDefinition, AnyPolicy } from '../hub.ts';
import { HubError } from '../hub-error.ts';
import type { HubInvocation } from '../hub-filter.ts';
import * as text from '../protocol/error-text.ts';
import {
  endCompletion,
  errorCompletion,
  type InvocationMessage,
  resultCompletion,
  type StreamInvocationMessage,
} from '../protocol/messages.ts';
import { bindArguments } from './arguments.ts';
import { isAuthorized, listPolicies } from './authorization.ts';
import type { DispatchConnection, DispatcherOptions } from './dispatcher.ts';
import { type AroundMethod, aroundMethod } from './filters.ts';
import type { Invocation } from './invocation.ts';
import type { MethodDescriptor } from './method-table.ts';
import { iteratorOf, pumpResults } from './result-stream.ts';

export type CallMessage = InvocationMessage | StreamInvocationMessage;

export class MethodRunner {
  readonly #hub: AnyHubDefinition;
  readonly #hubPolicies: readonly AnyPolicy[];
  readonly #aroundMethod: AroundMethod | undefined;
  readonly #options: DispatcherOptions;

  constructor(hub: AnyHubDefinition, options: DispatcherOptions) {
    this.#hub = hub;
    this.#hubPolicies = listPolicies(hub.authorize);
    this.#aroundMethod = aroundMethod(options.filters ?? []);
    this.#options = options;
  }

  /** Never rejects. */
  async run(
    connection: DispatchConnection,
    method: MethodDescriptor,
    message: CallMessage,
    invocation: Invocation,
    uploads: readonly unknown[],
  ): Promise<void> {
    const { session } = connection;
    try {
      const refused = (error: string) => this.#refuse(connection, message, invocation, error);
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
      this.fail(connection, message, this.textOf(message, error));
    } finally {
      if (message.streamIds !== undefined) session.closeUploads(message.streamIds);
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
    if (message.bindingError !== undefined) return refuse(message.bindingError);
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
      return this.fail(connection, message, error);
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
      this.fail(connection, message, text.streamingFailed(error, this.#options.enableDetailedErrors));
    }
    // After a cancel the method may still be busy: it counts as running until it has really ended.
    await closed?.catch(error => this.#logFailure(connection, message, error));
  }

  #refuse(connection: DispatchConnection, message: CallMessage, invocation: Invocation, error: string): void {
    invocation.telemetry?.failed(error);
    this.fail(connection, message, error);
  }

  /** Answers the call with the text, or logs it where nobody waits for an answer. */
  fail(connection: DispatchConnection, { invocationId, target }: CallMessage, error: string): void {
    if (invocationId === undefined) this.debug(connection, target, error);
    else connection.send(errorCompletion(invocationId, error));
  }

  /** §8.2 of an exception. */
  textOf({ target }: CallMessage, error: unknown): string {
    return text.invocationFailed(target, error, this.#options.enableDetailedErrors);
  }

  #logFailure({ connectionId }: DispatchConnection, { target }: CallMessage, error: unknown): void {
    const isMeant = error instanceof HubError || (error instanceof HubServerError && error.facts.isPublic);
    const level = isMeant ? 'debug' : 'error';
    this.#options.log[level]({ connectionId, method: target, err: error }, 'hub method failed');
  }

  debug({ connectionId }: DispatchConnection, subject: string, message: string): void {
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
