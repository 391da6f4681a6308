// One connection from its handshake to its end: what calls and lifetime managers see of it, and the order of its life. The
// rooms under driver/ act for it: the link (transports), the output queue, the handshake, the reading loop.
import type { CallConnection, GroupManager } from './call.ts';
import { Deadlines } from './connection/deadlines.ts';
import { type ConnectionEnd, closeMessageFor, disconnectErrorFor, endByDeadline } from './connection/end.ts';
import { type ConnectionState, step } from './connection/states.ts';
import { type ConnectionRequest, requestToKeep } from './connection-request.ts';
import type { DispatchConnection } from './dispatch/dispatcher.ts';
import { DispatchSession } from './dispatch/session.ts';
import { TransportLink } from './driver/link.ts';
import { OutputQueue } from './driver/output-queue.ts';
import { type MessageSink, readMessages } from './driver/reading-loop.ts';
import { acceptHandshake, receiveHandshake, refuseHandshake } from './driver/shake-hands.ts';
import type { HubServerError } from './errors.ts';
import type { HubUser } from './hub.ts';
import type { HubLifetimeManager, LifetimeConnection } from './lifetime/lifetime-manager.ts';
import { handshakeCanceled } from './protocol/handshake.ts';
import { type HubMessage, pingMessage } from './protocol/messages.ts';
import { OutgoingMessage } from './protocol/outgoing-message.ts';
import type { HubProtocol, MessageReader } from './protocol/protocol.ts';
import type { HubRuntime } from './runtime.ts';
import type { ConnectionIdentity, ConnectionOwner, ServedConnection } from './served-connection.ts';
import type { ConnectionTelemetry } from './telemetry/telemetry.ts';
import type { Transport } from './transports/transport.ts';

export class HubConnection
  implements CallConnection, DispatchConnection, LifetimeConnection, MessageSink, ServedConnection
{
  readonly connectionId: string;
  readonly userIdentifier: string | undefined;
  readonly request: ConnectionRequest;
  readonly #runtime: HubRuntime;
  readonly #link: TransportLink;
  readonly #output: OutputQueue;
  readonly #deadlines: Deadlines;
  readonly #resumeWithinMs: number | undefined;
  readonly connectionToken: string | undefined;
  #gone: PromiseWithResolvers<void> | undefined;
  #owner: ConnectionOwner<HubConnection> | undefined;
  readonly #hasPings: boolean;
  #user: HubUser | undefined;
  #state: ConnectionState = 'handshaking';
  #end: ConnectionEnd | undefined;
  #protocol: HubProtocol | undefined;
  #isKnown = false;
  #isConnected = false;
  #session: DispatchSession | undefined;
  #items: Map<unknown, unknown> | undefined;
  #controller: AbortController | undefined;
  readonly telemetry: ConnectionTelemetry | undefined;

  constructor(runtime: HubRuntime, transport: Transport, identity: ConnectionIdentity) {
    this.connectionId = identity.connectionId;
    this.#user = identity.user;
    this.#hasPings = transport.hasInherentKeepAlive !== true;
    this.userIdentifier = identity.userIdentifier;
    this.request = requestToKeep(identity.request);
    this.connectionToken = identity.connectionToken;
    this.#runtime = runtime;
    this.#link = new TransportLink(transport, this);
    this.#resumeWithinMs = identity.resumeWithinMs;
    this.#output = new OutputQueue(this.#link, runtime.options, this);
    this.#deadlines = new Deadlines(runtime.options, runtime.now());
    this.#deadlines.authenticatedUntil(identity.authenticationExpiresAt);
    this.telemetry = runtime.telemetry.connectionOpened({
      connectionId: this.connectionId,
      userIdentifier: this.userIdentifier,
      host: this.request.headers.host,
      transport: transport.name,
    });
  }

  get user(): HubUser | undefined {
    return this.#user;
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

  get isWaitedFor(): boolean {
    return this.#runtime.options.slowConsumer === 'wait';
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Resolves when nothing is left of it. */
  get ended(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    this.#gone ??= Promise.withResolvers();
    return this.#gone.promise;
  }

  /** Begins its life, and tells the owner when nothing is left of it. */
  start(owner: ConnectionOwner<HubConnection>): void {
    this.#owner = owner;
    void this.#begin();
  }

  /** The whole life. Resolves, as `ended`, when nothing is left of it; never rejects. */
  run(): Promise<void> {
    void this.#begin();
    return this.ended;
  }

  async #begin(): Promise<void> {
    const reader = await this.#shakeHands();
    if (reader === undefined) return;
    const { dispatcher, lifetime } = this.#runtime;
    this.#isKnown = true;
    try {
      await this.#watched(lifetime.connected(this));
      await this.#watched(dispatcher.onConnected(this));
      this.#isConnected = true;
    } catch (error) {
      this.#logFailure(error);
      this.end({ kind: 'connected-failed', error });
    }
    if (this.#end !== undefined) return await this.#finish(this.#end);
    this.#state = step(this.#state, 'connected');
    void readMessages(this.#link, reader, this);
  }

  /** Nothing is read while this goes on: the end is watched for. */
  #watched(step: Promise<void> | void): Promise<void> | void {
    if (step !== undefined) this.#link.watch();
    return step;
  }

  /** Without `expiresAt` it does not expire any more. */
  authenticated(user: HubUser | undefined, expiresAt: number | undefined): void {
    this.#user = user;
    this.#deadlines.authenticatedUntil(expiresAt);
  }

  get isResumable(): boolean {
    return this.#end === undefined && this.#link.isResumable;
  }

  /** No call of this client runs. */
  get isIdle(): boolean {
    return (this.#session?.size ?? 0) === 0;
  }

  abort(): void {
    this.end({ kind: 'aborted' });
  }

  fail(error: Error): void {
    this.end({ kind: 'failed', error });
  }

  /** The first reason counts. What was written before still goes out, then the Close message; nothing after it. */
  end(end: ConnectionEnd): void {
    if (this.#end !== undefined) return;
    const close = closeMessageFor(end, this.#runtime.options.enableDetailedErrors);
    this.#output.end();
    if (this.#protocol !== undefined && close !== undefined) void this.send(close);
    else if (this.#protocol === undefined) this.#refuse(end);
    this.#end = end;
    const isConnecting = this.#state === 'connecting';
    this.#state = step(this.#state, 'ended');
    this.#session?.end();
    this.#controller?.abort();
    // A connection that is on its way in is seen through first: `#begin` goes on here.
    if (!isConnecting) void this.#finish(end);
  }

  async #finish(end: ConnectionEnd): Promise<void> {
    const { dispatcher, lifetime, log } = this.#runtime;
    const error = disconnectErrorFor(end);
    // The transport starts to close at once: a slow onDisconnected must not keep the client waiting.
    const closed = this.#link.close();
    try {
      if (this.#isConnected) await dispatcher.onDisconnected(this, error);
    } catch (failure) {
      this.#logFailure(failure);
    }
    try {
      if (this.#isKnown) await lifetime.disconnected(this);
    } catch (failure) {
      this.#logFailure(failure);
    }
    log.debug({ connectionId: this.connectionId, end: end.kind, err: error }, 'hub connection ended');
    await closed;
    this.telemetry?.closed(end);
    this.#state = step(this.#state, 'closed');
    this.#owner?.connectionGone(this);
    this.#gone?.resolve();
  }

  #logFailure(error: unknown): void {
    this.#runtime.log.error({ connectionId: this.connectionId, err: error }, 'hub connection event failed');
  }

  tick(now: number): void {
    if (this.#end !== undefined) return;
    if (this.#state !== 'handshaking' && !this.#link.tick(now)) {
      this.end({ kind: 'transport-lost', error: new Error('The client has not come back in time.') });
      return;
    }
    this.#output.tick(now);
    if (this.isEnded) return;
    const due = this.#deadlines.due(now, Date.now());
    if (due === undefined) return;
    if (due !== 'ping') this.end(endByDeadline(due));
    // What still waits to be written is as good a sign of life.
    else if (this.#hasPings && this.#output.isEmpty) void this.send(pingMessage);
  }

  send(message: HubMessage): Promise<void> | undefined {
    return this.write(new OutgoingMessage(message));
  }

  write(message: OutgoingMessage): Promise<void> | undefined {
    if (this.#end !== undefined || this.#protocol === undefined) return undefined;
    return this.#output.write(message.encode(this.#protocol), message.message);
  }

  /** The reader of what follows; nothing when there is an end to this connection instead, now or as soon as its transport is gone. */
  async #shakeHands(): Promise<MessageReader | undefined> {
    const runtime = this.#runtime;
    const outcome = await receiveHandshake(this.#link, runtime);
    if (outcome.kind === 'refused') this.end({ ...outcome, kind: 'handshake-refused' });
    if (outcome.kind === 'gone') this.transportClosed(outcome.error);
    if (outcome.kind !== 'accepted' || this.#end !== undefined) return undefined;
    acceptHandshake(this.#link, outcome, runtime, this.#resumeWithinMs);
    this.#protocol = outcome.protocol;
    this.#deadlines.accepted(runtime.now());
    this.#state = step(this.#state, 'accepted');
    return outcome.reader;
  }

  /** Goes on over another transport (§9.5). False when there is nothing that could go on. */
  resume(transport: Transport): boolean {
    if (this.#end !== undefined || !this.#link.isResumable) return false;
    this.#link.replace(transport);
    this.#deadlines.back(this.#runtime.now());
    this.#runtime.log.debug({ connectionId: this.connectionId }, 'hub connection goes on over another transport');
    return true;
  }

  admits(message: HubMessage): boolean {
    const isPing = message.type === 'ping';
    // The clock is asked where somebody wants to know: not for every message.
    if (!isPing && !this.#deadlines.isClientWatched && !this.#link.isResumable) return true;
    const now = this.#runtime.now();
    this.#deadlines.messageReceived(isPing, now);
    return this.#link.admits(message, now);
  }

  /** One message of the client's; a promise while the next one has to wait. */
  handle(message: HubMessage): Promise<void> | undefined {
    if (message.type === 'close') {
      this.end({ kind: 'client-closed' });
      return undefined;
    }
    const wait = this.#runtime.dispatcher.dispatch(this, message);
    if (wait === undefined) return undefined;
    this.#deadlines.pause();
    return wait.then(() => this.#deadlines.resume(this.#runtime.now()));
  }

  transportClosed(error: Error | undefined): void {
    this.end(error === undefined ? { kind: 'transport-closed' } : { kind: 'transport-lost', error });
  }

  transportLost(error: Error): void {
    this.#deadlines.away();
    this.#runtime.log.debug({ connectionId: this.connectionId, err: error }, 'hub connection was cut off');
  }

  dropped(count: number): void {
    const { log, telemetry } = this.#runtime;
    log.debug({ connectionId: this.connectionId, count }, 'messages to a slow client were dropped');
    for (let n = 0; n < count; n += 1) telemetry.messageDropped(this.connectionId);
  }

  overflowed(error: HubServerError): void {
    this.fail(error);
  }

  #refuse(end: ConnectionEnd): void {
    if (end.kind === 'transport-closed' || end.kind === 'transport-lost') return;
    refuseHandshake(this.#link, end.kind === 'handshake-refused' ? end.text : handshakeCanceled);
  }
}
