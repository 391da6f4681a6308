// Questions the server has asked its clients (client results, §8.7) and that are not answered yet. Ids are `s1`, `s2`, …:
// they share message type 3 with upload streams, whose ids are the client's plain numbers.
import { HubServerError } from '../errors.ts';
import { HubError } from '../hub-error.ts';
import type { CompletionMessage } from '../protocol/messages.ts';

interface PendingResult {
  readonly connectionId: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class PendingResults {
  #lastId = 0;
  readonly #pending = new Map<string, PendingResult>();
  /** Ids by connection, so that the end of one connection costs what it has and no more. */
  readonly #byConnection = new Map<string, Set<string>>();

  get size(): number {
    return this.#pending.size;
  }

  /** A new question to `connectionId`; `result` settles with `complete`, `fail` or `connectionEnded`. */
  ask(connectionId: string): { readonly invocationId: string; readonly result: Promise<unknown> } {
    this.#lastId += 1;
    const invocationId = `s${this.#lastId}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(invocationId, { connectionId, resolve, reject });
    const ids = this.#byConnection.get(connectionId);
    if (ids === undefined) this.#byConnection.set(connectionId, new Set([invocationId]));
    else ids.add(invocationId);
    return { invocationId, result: promise };
  }

  /** False when nothing with this id was asked of this connection: another client's answer is not taken. */
  complete(connectionId: string, completion: CompletionMessage): boolean {
    const pending = this.#pending.get(completion.invocationId);
    if (pending === undefined || pending.connectionId !== connectionId) return false;
    this.#forget(completion.invocationId, pending);
    if (completion.error === undefined) pending.resolve(completion.result);
    else pending.reject(new HubError(completion.error));
    return true;
  }

  /** The asker gave up (time-out, abort) or the question could not be sent. */
  fail(invocationId: string, error: Error): void {
    const pending = this.#pending.get(invocationId);
    if (pending === undefined) return;
    this.#forget(invocationId, pending);
    pending.reject(error);
  }

  connectionEnded(connectionId: string): void {
    for (const invocationId of [...(this.#byConnection.get(connectionId) ?? [])]) {
      this.fail(invocationId, new HubServerError('connection-not-found', `Connection '${connectionId}' disconnected.`));
    }
  }

  #forget(invocationId: string, { connectionId }: PendingResult): void {
    this.#pending.delete(invocationId);
    const ids = this.#byConnection.get(connectionId);
    ids?.delete(invocationId);
    if (ids?.size === 0) this.#byConnection.delete(connectionId);
  }
}
