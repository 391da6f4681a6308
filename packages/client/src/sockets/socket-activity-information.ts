// SocketActivityInformation (SB-32): what the broker knows of one of the app's sockets, and the way to take it over.
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import type { Descriptor } from '@longhaul/agent/kernel';
import type { OwnSocketRecord, RunOrder, SocketKind } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol/errors';
import { mustBeObject, mustBeSignal } from '../arguments.ts';
import { type BrokeredSocket, heldSockets, type SocketOfKind } from './brokered-sockets.ts';
import type { TakenOver } from './door-requests.ts';
import { abandon, rebuild } from './rebuild.ts';
import type { SocketDoor } from './socket-door.ts';
import type { SocketsDoor } from './sockets-door.ts';

interface Facts<Kind extends SocketKind> {
  readonly id: string;
  readonly taskId: string;
  readonly kind: Kind;
  readonly context: string | null;
}

/** Takes it over, at most once at a time. With the context that belongs to this hand-over. */
type Take = (signal?: AbortSignal) => Promise<{ readonly socket: BrokeredSocket; readonly context: string | null }>;

export class SocketActivityInformation<Kind extends SocketKind = SocketKind> implements Disposable {
  /** As the app names it (SB-22). */
  readonly id: string;
  /** The task that its activity starts. */
  readonly taskId: string;
  readonly kind: Kind;
  #context: string | null;
  readonly #take: Take;
  readonly #letGo: () => void;
  #taking: ReturnType<Take> | undefined;
  #taken: BrokeredSocket | undefined;

  /** Made by the SDK. `letGo` ends what nobody took over. */
  constructor({ id, taskId, kind, context }: Facts<Kind>, take: Take, letGo: () => void) {
    this.id = id;
    this.taskId = taskId;
    this.kind = kind;
    this.#context = context;
    this.#take = take;
    this.#letGo = letGo;
  }

  /**
   * What was handed over with it (SB-23), a copy. Once the socket was taken over, what belongs to it: of `allSockets`, a task
   * may have handed it back with another context in between.
   */
  get context(): Uint8Array | null {
    return this.#context === null ? null : new Uint8Array(Buffer.from(this.#context, 'base64'));
  }

  /**
   * Takes the socket over (SB-33): it is this process's until `transferOwnership` gives it back under the same id. A second
   * call gives the same object. Nothing is read, received or accepted before somebody listens: a stream begins with what was
   * read before and not used, and waits; a listener accepts with its first listener of 'connection', a datagram socket
   * receives with its first of 'message'. Destroying or closing it ends the connection.
   *
   * @throws LonghaulError `not-found`, `illegal-state` (closed, or a task is about to get it), `vault-lost`,
   * `agent-not-reachable`, `operation-canceled` (by `signal`)
   */
  async reclaim(signal?: AbortSignal): Promise<SocketOfKind[Kind]> {
    mustBeSignal(signal);
    this.#taking ??= this.#take(signal);
    try {
      const { socket, context } = await this.#taking;
      this.#taken = socket;
      this.#context = context;
      return this.#taken as SocketOfKind[Kind];
    } catch (error) {
      this.#taking = undefined;
      throw error;
    }
  }

  /** As `reclaim`. @throws LonghaulError `wrong-kind` when `kind` is another */
  streamSocket(signal?: AbortSignal): Promise<Socket> {
    return this.#as('stream-socket', signal);
  }

  /** As `reclaim`. @throws LonghaulError `wrong-kind` when `kind` is another */
  datagramSocket(signal?: AbortSignal): Promise<DatagramSocket> {
    return this.#as('datagram-socket', signal);
  }

  /** As `reclaim`. @throws LonghaulError `wrong-kind` when `kind` is another */
  streamSocketListener(signal?: AbortSignal): Promise<Server> {
    return this.#as('stream-socket-listener', signal);
  }

  async #as<Asked extends SocketKind>(kind: Asked, signal: AbortSignal | undefined): Promise<SocketOfKind[Asked]> {
    if (this.kind === (kind as SocketKind)) return (await this.reclaim(signal)) as unknown as SocketOfKind[Asked];
    throw new LonghaulError('wrong-kind', `the socket ${this.id} is a ${this.kind}, not a ${kind}`);
  }

  /** Done by the task host when the run is over: what was not given back is no longer this process's. */
  [Symbol.dispose](): void {
    if (this.#taken === undefined) this.#letGo();
    else if (heldSockets.has(this.#taken)) abandon(this.#taken);
  }

  /**
   * All sockets of this app that the broker has, by id (SB-34): a new instance of the app finds here what earlier ones
   * handed over. Empty when there is none.
   *
   * @throws LonghaulError `access-denied` for a connection without an app
   */
  static async allSockets(agent: {
    readonly sockets: SocketsDoor;
  }): Promise<Map<string, AnySocketActivityInformation>> {
    mustBeObject('the agent', agent);
    const { sockets } = agent;
    mustBeObject('the sockets of the agent', sockets);
    const records = await sockets.listOwn();
    const parked = records.filter(({ status }) => status === 'parked' || status === 'signalled');
    return new Map(parked.map(record => [record.id, ofRecord(record, () => sockets.door)]));
  }
}

/** With `kind` as what tells them apart. */
export type AnySocketActivityInformation = { [Kind in SocketKind]: SocketActivityInformation<Kind> }[SocketKind];

function ofRecord(record: OwnSocketRecord, door: () => SocketDoor): AnySocketActivityInformation {
  const { id, kind } = record;
  const take: Take = async signal => {
    const taken = await door().reclaim(id, kind, signal);
    return { socket: rebuild(door(), taken), context: taken.socket.context };
  };
  return new SocketActivityInformation(record, take, () => {}) as AnySocketActivityInformation;
}

/** What a run of a task is given (SB-31). Without a descriptor: the socket has closed, there is nothing to take over (SB-43). */
export function socketInformationOfRun(
  door: SocketDoor,
  order: RunOrder,
  descriptor: Descriptor | undefined,
): AnySocketActivityInformation {
  const { socket } = order;
  const { kind, context } = (socket ?? order.closed)!; // one of them is there
  const facts = { id: order.socketId, taskId: order.task.taskId, kind, context };
  const taken: TakenOver | undefined = socket === null || descriptor === undefined ? undefined : { socket, descriptor };
  const wasWoken = order.reason === 'socket-activity' || order.reason === 'connection-accepted';
  const take: Take = async () => {
    if (taken?.descriptor.isOpen) return { socket: rebuild(door, taken, wasWoken), context };
    const why = taken === undefined ? 'has closed: there is nothing to take over' : 'was of a run that is over';
    throw new LonghaulError('illegal-state', `the socket ${order.socketId} ${why}`, { subject: 'socket' });
  };
  const letGo = () => descriptor?.[Symbol.dispose]();
  return new SocketActivityInformation(facts, take, letGo) as AnySocketActivityInformation;
}
