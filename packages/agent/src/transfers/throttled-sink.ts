// The stage before the sink at which rate limits hold bytes back, whatever source they come from: it counts what is poured,
// lends no more room than one helping, and is full while the limits say so. The source then pauses the socket.
import type { BodySink } from './sink.ts';
import type { Throttle } from './throttles.ts';

export class ThrottledSink implements BodySink {
  readonly #sink: BodySink;
  readonly #throttle: Throttle;

  constructor(sink: BodySink, throttle: Throttle) {
    this.#sink = sink;
    this.#throttle = throttle;
  }

  get isFull(): boolean {
    return this.#throttle.isHeld || this.#sink.isFull;
  }

  get error(): Error | undefined {
    return this.#sink.error;
  }

  reserve(): Buffer | undefined {
    const room = this.#sink.reserve();
    const { helping } = this.#throttle;
    return room === undefined || room.byteLength <= helping ? room : room.subarray(0, helping);
  }

  advance(bytes: number): void {
    this.#sink.advance(bytes);
    this.#throttle.take(bytes);
  }

  skip(bytes: number): void {
    this.#sink.skip(bytes);
  }

  write(chunk: Uint8Array): boolean {
    this.#sink.write(chunk);
    this.#throttle.take(chunk.byteLength);
    return !this.isFull;
  }

  onceDrained(callback: () => void): void {
    this.#throttle.onceFree(() => {
      this.#sink.onceDrained(() => {
        // While the disk was awaited, TLS may have delivered more than the limits allow.
        if (this.#throttle.isHeld && this.#sink.error === undefined) this.onceDrained(callback);
        else callback();
      });
    });
  }
}
