// Takes the body of a POST into the inbox of its connection (§4.4): chunk by chunk, no faster than the hub reads, no more
// than allowed, and no slower than a client can be waited for (Kestrel's lowest data rate).
import type { AnyRequest } from '@longhaul/websockets';
import type { ByteInbox } from './byte-inbox.ts';

export type PostEnd = 'received' | 'gone' | 'too-large' | 'too-slow' | 'disposed';

/** Bytes a second, after a time of grace: MinRequestBodyDataRate of Kestrel. */
const slowestRate = 240;
const graceMs = 5_000;

export class PostBody {
  readonly #request: AnyRequest;
  readonly #inbox: ByteInbox;
  readonly #maxBytes: number;
  readonly #end = Promise.withResolvers<PostEnd>();
  #bytes = 0;
  #readingSince: number;
  #readingMs = 0;
  #isWaiting = false;

  constructor(request: AnyRequest, inbox: ByteInbox, maxBytes: number, now: number) {
    this.#request = request;
    this.#inbox = inbox;
    this.#maxBytes = maxBytes;
    this.#readingSince = now;
  }

  async receive(): Promise<PostEnd> {
    const request = this.#request;
    if (this.#inbox.isEnded) return 'disposed';
    if (Number(request.headers['content-length'] ?? 0) > this.#maxBytes) return 'too-large';
    if (request.destroyed && !request.readableEnded) return 'gone';
    const onData = (chunk: Buffer) => this.#take(chunk);
    const onEnd = () => this.#end.resolve('received');
    const onClose = () => this.#end.resolve('gone');
    request.on('data', onData).on('end', onEnd).on('close', onClose);
    const end = await this.#end.promise;
    request.off('data', onData).off('end', onEnd).off('close', onClose);
    return end;
  }

  tick(now: number): void {
    if (this.#isWaiting) return;
    const readingMs = this.#readingMs + now - this.#readingSince;
    if (readingMs > graceMs && this.#bytes < (slowestRate * (readingMs - graceMs)) / 1_000)
      this.#end.resolve('too-slow');
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      this.#end.resolve('too-large');
      return;
    }
    if (this.#inbox.isEnded) {
      this.#end.resolve('disposed');
      return;
    }
    const room = this.#inbox.push(chunk);
    if (room === undefined) return;
    this.#request.pause();
    this.#isWaiting = true;
    this.#readingMs += performance.now() - this.#readingSince;
    void room.then(() => {
      this.#isWaiting = false;
      this.#readingSince = performance.now();
      this.#request.resume();
      if (this.#inbox.isEnded) this.#end.resolve('disposed');
    });
  }
}
