// From the link to the dispatcher, one message after the other (§8.3), until the connection ends.
import type { ConnectionEnd } from '../connection/end.ts';
import { HubServerError } from '../errors.ts';
import type { HubMessage } from '../protocol/messages.ts';
import type { MessageReader } from '../protocol/protocol.ts';
import type { Chunk } from '../transports/transport.ts';
import type { TransportLink } from './link.ts';

export interface MessageSink {
  readonly isEnded: boolean;
  /** Asked as soon as a message is read. False: it is not for the hub. Throws `invalid-message`. */
  admits(message: HubMessage): boolean;
  /** A promise when the next message has to wait. Never rejects. */
  handle(message: HubMessage): Promise<void> | undefined;
  end(end: ConnectionEnd): void;
}

/** Bytes read while a message is waited for; see `#readAhead`. */
const readAheadBytes = 131_072;

/** Tells the sink why there is nothing more to read, unless it has ended already. Never rejects. */
export function readMessages(link: TransportLink, reader: MessageReader, sink: MessageSink): Promise<void> {
  return new ReadingLoop(link, reader, sink).run();
}

const failed = (error: unknown): ConnectionEnd =>
  error instanceof HubServerError && error.code !== 'connection-lost'
    ? { kind: 'failed', error }
    : { kind: 'transport-lost', error };

type Arrival = { readonly chunk: Chunk | undefined } | { readonly error: unknown };

class ReadingLoop {
  readonly #link: TransportLink;
  readonly #reader: MessageReader;
  readonly #sink: MessageSink;
  #generation: number;
  #ahead: HubMessage[] | undefined;
  #arrival: Promise<Arrival> | undefined;

  constructor(link: TransportLink, reader: MessageReader, sink: MessageSink) {
    this.#link = link;
    this.#reader = reader;
    this.#sink = sink;
    this.#generation = link.generation;
  }

  // One frame and one promise: an idle connection waits in here all its life.
  async run(): Promise<void> {
    try {
      for (;;) {
        for (let message = this.#take(); message !== undefined; message = this.#take()) {
          const wait = this.#sink.handle(message);
          if (wait !== undefined) await this.#waited(wait);
          if (this.#sink.isEnded) return;
        }
        const chunk = await (this.#arrival === undefined
          ? (this.#link.tryReceive() ?? this.#link.receive())
          : this.#arrived());
        if (this.#sink.isEnded) return;
        if (chunk === undefined) break;
        this.#push(chunk);
      }
      if (this.#reader.hasPartialMessage) {
        throw new HubServerError('invalid-message', 'Connection terminated while reading a message.');
      }
      this.#sink.end({ kind: 'transport-closed' });
    } catch (error) {
      this.#sink.end(failed(error));
    }
  }

  /** Nobody reads meanwhile, or somebody else does: the end of the transport is watched for. */
  #waited(wait: Promise<void>): Promise<void> {
    this.#link.watch();
    return this.#link.isResumable ? this.#readAhead(wait) : wait;
  }

  #take(): HubMessage | undefined {
    const message = this.#ahead?.shift();
    if (this.#ahead?.length === 0) this.#ahead = undefined;
    return message ?? this.#next();
  }

  #next(): HubMessage | undefined {
    for (;;) {
      const message = this.#reader.next();
      if (message === undefined || this.#sink.admits(message)) return message;
    }
  }

  #push({ data }: Chunk): void {
    // What a transport has begun, another one does not end.
    if (this.#generation !== this.#link.generation) this.#reader.reset();
    this.#generation = this.#link.generation;
    this.#reader.push(data);
  }

  /**
   * A method may wait for the client to acknowledge what it was sent (§9.2), and the Ack may stand behind the message that
   * waits for the method: so reading goes on meanwhile, as far as a client that keeps to its own limit can write.
   */
  async #readAhead(wait: Promise<void>): Promise<void> {
    let isOver = false;
    const over = wait.then(() => {
      isOver = true;
    });
    let bytes = 0;
    while (bytes <= readAheadBytes) {
      for (let message = this.#next(); message !== undefined; message = this.#next()) {
        this.#ahead ??= [];
        this.#ahead.push(message);
      }
      this.#arrival ??= this.#link.receive().then(
        chunk => ({ chunk }),
        (error: unknown) => ({ error }),
      );
      await Promise.race([over, this.#arrival]);
      if (isOver) return;
      const chunk = await this.#arrived();
      if (chunk === undefined) break;
      bytes += chunk.data.length;
      this.#push(chunk);
    }
    await wait;
  }

  async #arrived(): Promise<Chunk | undefined> {
    const arrival = await this.#arrival!;
    this.#arrival = undefined;
    if ('error' in arrival) throw arrival.error;
    return arrival.chunk;
  }
}
