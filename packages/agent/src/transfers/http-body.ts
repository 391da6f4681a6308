// The body of one node:http answer, poured into a sink with back-pressure, watched for stalls, never mistaken for complete.
import type { ClientRequest, IncomingMessage } from 'node:http';
import { LonghaulError } from '@longhaul/agent-protocol';
import { toWebError } from './error-map.ts';
import type { BodySink } from './sink.ts';

/** A body that nobody wants is read to its end when it is at most this long, so that the connection can be kept. Bytes. */
const maxDrainBytes = 64 * 1024;
/** … and ends within this time. Milliseconds. */
const maxDrainMs = 5_000;

export class HttpBody {
  readonly #message: IncomingMessage;
  readonly #stallTimeoutMs: number;
  /** What the socket itself reported, as against node's summary that the message was cut. */
  #socketError: Error | undefined;

  constructor(sent: ClientRequest, message: IncomingMessage, stallTimeoutMs: number) {
    this.#message = message;
    this.#stallTimeoutMs = stallTimeoutMs;
    sent.on('error', error => {
      this.#socketError ??= error;
    });
    // Until somebody pours, a cut must not be an unhandled error.
    message.on('error', () => {});
  }

  pour(sink: BodySink): Promise<void> {
    const message = this.#message;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const end = (error?: unknown) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      message.removeListener('data', take);
      if (error === undefined) resolve();
      else {
        message.destroy();
        reject(error);
      }
    };
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(stalled(this.#stallTimeoutMs)), this.#stallTimeoutMs);
    };
    const take = (chunk: Buffer) => {
      timer?.refresh();
      if (sink.write(chunk)) return;
      if (sink.error !== undefined) return end(sink.error);
      // Our disk is slow, not the origin: the stall watch rests.
      message.pause();
      clearTimeout(timer);
      sink.onceDrained(() => {
        if (isOver) return;
        if (sink.error !== undefined) return end(sink.error);
        watch();
        message.resume();
      });
    };
    message.once('end', () => (message.complete ? end() : end(this.#cut())));
    message.once('error', () => end(this.#cut()));
    message.once('close', () => end(this.#cut()));
    if (message.destroyed && !message.complete) end(this.#cut());
    else {
      watch();
      message.on('data', take);
    }
    return promise;
  }

  discard(): void {
    const length = Number(this.#message.headers['content-length'] ?? Number.POSITIVE_INFINITY);
    if (length > maxDrainBytes) {
      this.#message.destroy();
      return;
    }
    const timer = setTimeout(() => this.#message.destroy(), maxDrainMs);
    this.#message.once('close', () => clearTimeout(timer));
    this.#message.resume();
  }

  #cut(): LonghaulError {
    if (this.#socketError !== undefined) return toWebError(this.#socketError);
    return new LonghaulError('web-error', 'The connection ended before the body was complete.', {
      data: { webErrorStatus: 'disconnected' },
    });
  }
}

function stalled(ms: number): LonghaulError {
  return new LonghaulError('timeout', `The body stalled: nothing arrived for ${ms} ms.`, {
    data: { webErrorStatus: 'timeout' },
  });
}
