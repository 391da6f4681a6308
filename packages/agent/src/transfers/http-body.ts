// The body of one node:http answer, poured into a sink with back-pressure, watched for stalls, never mistaken for complete.
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { LonghaulError } from '@longhaul/agent-protocol';
import { toWebError } from './error-map.ts';
import type { BodySink } from './sink.ts';

/** A body that nobody wants is read to its end when it is at most this long, so that the connection can be kept. Bytes. */
const maxDrainBytes = 64 * 1024;
/** … and ends within this time. Milliseconds. */
const maxDrainMs = 5_000;

export class HttpBody {
  readonly #message: IncomingMessage;
  /** What takes a transfer coding off. */
  readonly #decoder: Transform | undefined;
  readonly #stallTimeoutMs: number;
  /** What the socket itself reported, as against node's summary that the message was cut. */
  #socketError: Error | undefined;

  constructor(sent: ClientRequest, message: IncomingMessage, stallTimeoutMs: number, decoder?: Transform) {
    this.#message = message;
    this.#decoder = decoder;
    this.#stallTimeoutMs = stallTimeoutMs;
    sent.on('error', error => {
      this.#socketError ??= error;
    });
    // Until somebody pours, a cut must not be an unhandled error.
    message.on('error', () => {});
  }

  pour(sink: BodySink): Promise<void> {
    const message = this.#message;
    const body = this.#decoder === undefined ? message : message.pipe(this.#decoder);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const end = (error?: unknown) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      body.removeListener('data', take);
      if (error === undefined) resolve();
      else {
        message.destroy();
        this.#decoder?.destroy();
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
      body.pause();
      clearTimeout(timer);
      sink.onceDrained(() => {
        if (isOver) return;
        if (sink.error !== undefined) return end(sink.error);
        watch();
        body.resume();
      });
    };
    const endAsMessage = () => (message.complete ? end() : end(this.#cut()));
    body.once('end', endAsMessage);
    message.once('error', () => end(this.#cut()));
    if (this.#decoder === undefined) message.once('close', endAsMessage);
    else {
      this.#decoder.once('error', cause => end(undecodable(cause)));
      // A complete message may still be on its way through the decoder.
      message.once('close', () => message.complete || end(this.#cut()));
    }
    if (message.destroyed && !message.complete) end(this.#cut());
    else {
      watch();
      body.on('data', take);
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

function undecodable(cause: Error): LonghaulError {
  return new LonghaulError('web-error', 'The transfer coding of the body is damaged.', {
    cause,
    data: { webErrorStatus: 'error-http-invalid-server-response' },
  });
}
