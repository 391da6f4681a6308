// One connection from its handshake to its end: reads the transport, hands messages to the dispatcher, writes what comes
// back, and does what the pure parts (states, keep-alive, end) decide.
import type { IncomingMessage } from 'node:http';
import type { CallConnection, GroupManager } from './call.ts';
import { type ConnectionEnd, closeMessageFor, disconnectErrorFor } from './connection/end.ts';
import { KeepAlive } from './connection/keep-alive.ts';
import { type ConnectionState, step } from './connection/states.ts';
import type { DispatchConnection, Dispatcher } from './dispatch/dispatcher.ts';
import { DispatchSession } from './dispatch/session.ts';
import { HubServerError } from './errors.ts';
import type { HubUser } from './hub.ts';
import type { HubLifetimeManager, LifetimeConnection } from './lifetime/lifetime-manager.ts';
import type { HubLogger } from './log.ts';
import type { HubOptions } from './options.ts';
import {
  answerHandshake,
  handshakeAccepted,
  handshakeCanceled,
  handshakeFailed,
  handshakeRefused,
} from './protocol/handshake.ts';
import { type HubMessage, pingMessage } from './protocol/messages.ts';
import { OutgoingMessage, WireMessage } from './protocol/outgoing-message.ts';
import type { HubProtocol, MessageReader, TransferFormat } from './protocol/protocol.ts';
import { RecordReader } from './protocol/record-reader.ts';
import type { Transport } from './transports/transport.ts';

/** What all connections of one endpoint share. */
export interface HubRuntime {
  readonly options: HubOptions;
  readonly dispatcher: Dispatcher;
  readonly lifetime: HubLifetimeManager;
  readonly groups: GroupManager;
  readonly protocols: readonly HubProtocol[];
  readonly log: HubLogger;
}

/** Who connects, and by which request. */
export interface ConnectionIdentity {
  readonly connectionId: string;
  readonly user: HubUser | undefined;
  readonly userIdentifier: string | undefined;
  readonly request: IncomingMessage;
}

export class HubConnection implements CallConnection, DispatchConnection, LifetimeConnection {
  readonly connectionId: string;
  readonly user: HubUser | undefined;
  readonly userIdentifier: string | undefined;
  readonly request: IncomingMessage;
  readonly #runtime: HubRuntime;
  readonly #transport: Transport;
  readonly #keepAlive: KeepAlive;
  readonly #handshakeBy: number;
  readonly #ended = Promise.withResolvers<ConnectionEnd>();
  #state: ConnectionState = 'handshaking';
  #end: ConnectionEnd | undefined;
  #protocol: HubProtocol | undefined;
  #session: DispatchSession | undefined;
  #items: Map<unknown, unknown> | undefined;
  #controller: AbortController | undefined;
  #isJudged = false;

  constructor(runtime: HubRuntime, transport: Transport, identity: ConnectionIdentity) {
    const now = performance.now();
    this.connectionId = identity.connectionId;
    this.user = identity.user;
    this.userIdentifier = identity.userIdentifier;
    this.request = identity.request;
    this.#runtime = runtime;
    this.#transport = transport;
    this.#keepAlive = new KeepAlive(runtime.options, now);
    this.#handshakeBy = now + runtime.options.handshakeTimeoutMs;
  }

  get lifetime(): HubLifetimeManager {
    return this.#runtime.lifetime;
  }

  get groups(): GroupManager {
    return this.#runtime.groups;
  }

  /** Made with the first call: most connections only listen. */
  get session(): DispatchSession {
    if (this.#session === undefined) {
      this.#session = new DispatchSession(this.#runtime.options);
      if (this.#end !== undefined) this.#session.end();
    }
    return this.#session;
  }

  get items(): Map<unknown, unknown> {
    this.#items ??= new Map();
    return this.#items;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#end !== undefined) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** The whole life. Resolves when nothing is left of it; never rejects. */
  async run(): Promise<void> {
    void this.#transport.closed.then(error => {
      this.end(error === undefined ? { kind: 'transport-closed' } : { kind: 'transport-lost', error });
    });
    const reader = await Promise.race([this.#shakeHands(), this.#ended.promise]);
    if ('next' in reader) await this.#serve(reader);
    const end = await this.#ended.promise;
    const error = disconnectErrorFor(end);
    this.#runtime.log.debug({ connectionId: this.connectionId, end: end.kind, err: error }, 'hub connection ended');
    await this.#transport.close();
    this.#state = step(this.#state, 'closed');
  }

  abort(): void {
    this.end({ kind: 'aborted' });
  }

  /** The first reason counts. What was written before still goes out, then the Close message; nothing after it. */
  end(end: ConnectionEnd): void {
    if (this.#end !== undefined) return;
    const close = closeMessageFor(end, this.#runtime.options.enableDetailedErrors);
    if (this.#protocol !== undefined && close !== undefined) void this.send(close);
    else if (this.#protocol === undefined) this.#refuse(end);
    this.#end = end;
    this.#state = step(this.#state, 'ended');
    this.#session?.end();
    this.#controller?.abort();
    this.#ended.resolve(end);
  }

  tick(now: number): void {
    if (this.#state === 'handshaking') {
      if (now >= this.#handshakeBy) this.end({ kind: 'handshake-refused', text: handshakeCanceled });
      return;
    }
    if (this.#state !== 'open' && this.#state !== 'connecting') return;
    const due = this.#keepAlive.due(now);
    if (due === 'client-timeout') {
      const text = "Client hasn't sent a message/ping within the configured ClientTimeoutInterval.";
      this.end({ kind: 'failed', error: new HubServerError('client-timeout', text) });
    }
    // What still waits to be written is as good a sign of life.
    if (due === 'ping' && this.#transport.bufferedBytes === 0) void this.send(pingMessage);
  }

  send(message: HubMessage): Promise<void> | undefined {
    return this.write(new OutgoingMessage(message));
  }

  write(message: OutgoingMessage): Promise<void> | undefined {
    if (this.#end !== undefined || this.#protocol === undefined) return undefined;
    const sent = this.#transport.write(message.encode(this.#protocol));
    const { applicationMaxBufferSize, maximumBufferedBytes } = this.#runtime.options;
    const { bufferedBytes } = this.#transport;
    if (bufferedBytes <= applicationMaxBufferSize) return undefined;
    if (bufferedBytes > maximumBufferedBytes) this.#judge();
    return sent.then(yieldTurn, yieldTurn);
  }

  /** Too much waits: the kernel gets its chance to take it in this turn, what it leaves is the client's doing. */
  #judge(): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    setImmediate(() => {
      this.#isJudged = false;
      const { maximumBufferedBytes } = this.#runtime.options;
      if (this.#transport.bufferedBytes <= maximumBufferedBytes) return;
      const text = `The client reads too slowly: more than ${maximumBufferedBytes} bytes wait for it.`;
      this.end({ kind: 'failed', error: new HubServerError('slow-consumer', text) });
    });
  }

  /** The reader of what follows, or the end. */
  async #shakeHands(): Promise<MessageReader | ConnectionEnd> {
    const { options, protocols } = this.#runtime;
    const records = new RecordReader(options.maximumReceiveMessageSize ?? Number.POSITIVE_INFINITY);
    let record: string | undefined;
    try {
      while (record === undefined) {
        const chunk = await this.#transport.receive();
        if (chunk === undefined) return this.#ended.promise;
        records.push(chunk);
        record = records.next();
      }
    } catch (thrown) {
      if (!(thrown instanceof HubServerError)) return this.#ended.promise;
      const text =
        thrown.code === 'message-too-large' ? handshakeCanceled : handshakeFailed(thrown, options.enableDetailedErrors);
      this.end({ kind: 'handshake-refused', text, cause: thrown });
      return this.#ended.promise;
    }
    if (this.#end !== undefined) return this.#end;
    const { transferFormats } = this.#transport;
    const answer = answerHandshake(record, {
      protocols,
      transferFormats,
      enableDetailedErrors: options.enableDetailedErrors,
    });
    if ('error' in answer) {
      this.end({ kind: 'handshake-refused', text: answer.error, cause: answer.cause });
      return this.#ended.promise;
    }
    const reader = answer.protocol.createReader(options.maximumReceiveMessageSize ?? Number.POSITIVE_INFINITY);
    reader.push(records.takeRest());
    this.#writeRecord(handshakeAccepted, answer.protocol.transferFormat);
    this.#protocol = answer.protocol;
    this.#state = step(this.#state, 'accepted');
    return reader;
  }

  async #serve(reader: MessageReader): Promise<void> {
    const { dispatcher, lifetime, log } = this.#runtime;
    const logFailure = (error: unknown): void => {
      log.error({ connectionId: this.connectionId, err: error }, 'hub connection event failed');
    };
    let isConnected = false;
    try {
      await lifetime.connected(this);
      await dispatcher.onConnected(this);
      isConnected = true;
    } catch (error) {
      logFailure(error);
      this.end({ kind: 'connected-failed', error });
    }
    if (this.#end === undefined) {
      this.#state = step(this.#state, 'connected');
      void this.#read(reader);
    }
    const end = await this.#ended.promise;
    // The transport starts to close at once: a slow onDisconnected must not keep the client waiting.
    void this.#transport.close();
    if (isConnected) await dispatcher.onDisconnected(this, disconnectErrorFor(end)).catch(logFailure);
    await Promise.resolve(lifetime.disconnected(this)).catch(logFailure);
  }

  async #read(reader: MessageReader): Promise<void> {
    try {
      for (;;) {
        for (let message = reader.next(); message !== undefined; message = reader.next()) {
          const wait = this.#handle(message);
          if (wait !== undefined) await wait;
          if (this.#end !== undefined) return;
        }
        const chunk = this.#transport.tryReceive() ?? (await this.#transport.receive());
        if (this.#end !== undefined) return;
        if (chunk === undefined) break;
        reader.push(chunk);
      }
      if (reader.hasPartialMessage) {
        throw new HubServerError('invalid-message', 'Connection terminated while reading a message.');
      }
      this.end({ kind: 'transport-closed' });
    } catch (error) {
      this.end(error instanceof HubServerError ? { kind: 'failed', error } : { kind: 'transport-lost', error });
    }
  }

  #handle(message: HubMessage): Promise<void> | undefined {
    this.#keepAlive.messageReceived(message.type === 'ping', performance.now());
    if (message.type === 'close') {
      this.end({ kind: 'client-closed' });
      return undefined;
    }
    const wait = this.#runtime.dispatcher.dispatch(this, message);
    if (wait === undefined) return undefined;
    this.#keepAlive.pause();
    return wait.then(() => this.#keepAlive.resume(performance.now()));
  }

  #refuse(end: ConnectionEnd): void {
    if (end.kind === 'transport-closed' || end.kind === 'transport-lost') return;
    this.#writeRecord(handshakeRefused(end.kind === 'handshake-refused' ? end.text : handshakeCanceled), 'Text');
  }

  #writeRecord(record: string, format: TransferFormat): void {
    const data = format === 'Text' ? record : Buffer.from(record);
    void this.#transport.write(new WireMessage(data, format, false));
  }
}

/** A kernel that takes everything at once would otherwise let one busy stream keep the process from all other work. */
function yieldTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
