// What the dispatcher remembers of one connection: the calls that run, their slots and upload streams. Ends with it.
import { HubServerError } from '../errors.ts';
import { HubError } from '../hub-error.ts';
import { itemBindingFailed } from '../protocol/error-text.ts';
import type { CompletionMessage, StreamItemMessage } from '../protocol/messages.ts';
import type { StandardSchema } from '../standard-schema.ts';
import type { Invocation, InvocationSlot } from './invocation.ts';
import { RateGate, type RateLimit, type RateVerdict } from './rate-gate.ts';
import { Slots } from './slots.ts';
import { UploadStream } from './upload-stream.ts';

export interface SessionLimits {
  readonly maximumParallelInvocationsPerClient: number;
  readonly maximumConcurrentCallsPerClient: number;
  readonly streamBufferCapacity: number;
}

const none: readonly never[] = Object.freeze([]);

export class DispatchSession {
  readonly #slots: Slots;
  readonly #limits: SessionLimits;
  readonly #running = new Set<Invocation>();
  /** Calls that the client may cancel, by its id. */
  readonly #byId = new Map<string, Invocation>();
  readonly #uploads = new Map<string, UploadStream>();
  /** Those of them that hold no slot: nothing else limits them. */
  #withoutSlot = 0;
  #isEnded = false;
  #rateGate: RateGate | undefined;

  /** One is like the other: how many are taken is what counts. */
  readonly #slot: InvocationSlot = {
    beforeGivingUp: () => {
      this.makeRoom(1);
      this.#withoutSlot += 1;
    },
    release: () => this.#slots.release(),
  };

  constructor(limits: SessionLimits) {
    this.#limits = limits;
    this.#slots = new Slots(limits.maximumParallelInvocationsPerClient);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Calls and upload streams that are open. */
  get size(): number {
    return this.#running.size + this.#uploads.size;
  }

  /** Throws `too-many-calls` when `count` more calls without a slot or upload streams would be over the limit. */
  makeRoom(count: number): void {
    const limit = this.#limits.maximumConcurrentCallsPerClient;
    if (this.#withoutSlot + this.#uploads.size + count > limit) {
      throw new HubServerError('too-many-calls', `More than ${limit} calls and streams of this client are running.`);
    }
  }

  /** One more message that costs a token of the hub's rate limit. */
  judgeRate(limit: RateLimit, now: number): RateVerdict {
    this.#rateGate ??= new RateGate(limit, now);
    return this.#rateGate.judge(now);
  }

  /** A slot for one call, when one is free or as soon as one is. */
  takeSlot(): InvocationSlot | Promise<InvocationSlot> {
    return this.#slots.take()?.then(() => this.#slot) ?? this.#slot;
  }

  isInUse(invocationId: string): boolean {
    return this.#byId.has(invocationId);
  }

  started(invocation: Invocation): void {
    this.#running.add(invocation);
    if (!invocation.hasSlot) this.#withoutSlot += 1;
    if (invocation.invocationId !== undefined) this.#byId.set(invocation.invocationId, invocation);
  }

  /** Answered: the id is free again, the client cannot cancel it any more. */
  answered(invocation: Invocation): void {
    const { invocationId } = invocation;
    if (invocationId !== undefined && this.#byId.get(invocationId) === invocation) this.#byId.delete(invocationId);
  }

  ended(invocation: Invocation): void {
    this.answered(invocation);
    if (this.#running.delete(invocation) && !invocation.hasSlot) this.#withoutSlot -= 1;
    invocation.releaseSlot();
  }

  /** An id the client has no call for is no error (§8.6). */
  cancel(invocationId: string): void {
    this.#byId.get(invocationId)?.cancel();
  }

  /** `schemas`: of the items of each stream. */
  openUploads(streamIds: readonly string[], schemas: readonly StandardSchema[] = []): readonly UploadStream[] {
    if (streamIds.length === 0) return none;
    if (new Set(streamIds).size < streamIds.length || streamIds.some(id => this.#uploads.has(id))) {
      throw new HubServerError('invalid-arguments', 'An upload stream with this id is open already.');
    }
    return streamIds.map((id, index) => {
      const stream = new UploadStream(this.#limits.streamBufferCapacity, schemas[index]);
      this.#uploads.set(id, stream);
      return stream;
    });
  }

  /** The method has finished: later items of its streams are ignored. */
  closeUploads(streamIds: readonly string[]): void {
    for (const id of streamIds) {
      void this.#uploads.get(id)?.return();
      this.#uploads.delete(id);
    }
  }

  uploadItem({ invocationId, item, bindingError }: StreamItemMessage): Promise<void> | undefined {
    if (bindingError !== undefined) return void this.failUpload(invocationId, new HubError(itemBindingFailed));
    return this.#uploads.get(invocationId)?.push(item);
  }

  /** False when the id names no upload stream: then it is the answer of a client (§8.7). */
  uploadEnded({ invocationId, error }: CompletionMessage): boolean {
    const stream = this.#uploads.get(invocationId);
    if (stream === undefined) return false;
    this.#uploads.delete(invocationId);
    stream.end(error === undefined ? undefined : new HubError(error));
    return true;
  }

  /** The method reads `error`; later items are ignored. */
  failUpload(streamId: string, error: Error): void {
    this.#uploads.get(streamId)?.end(error);
    this.#uploads.delete(streamId);
  }

  /** The connection has ended: everything that runs is told so. */
  end(): void {
    this.#isEnded = true;
    for (const invocation of this.#running) invocation.cancel();
    const lost = new HubServerError('connection-lost', 'The underlying connection was closed.');
    for (const stream of this.#uploads.values()) stream.end(lost);
    this.#uploads.clear();
  }
}
