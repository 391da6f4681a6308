// The door that descriptors go through: a listening socket of the runtime folder that keeps message boundaries. Only this
// user's processes are let in, each says hello with its app's grant, and nothing they can repeat is unbounded.
import {
  type ErrorCode,
  type FromSocketDoor,
  isErrorCode,
  LonghaulError,
  maxDoorMessageBytes,
  ToSocketDoor,
} from '@longhaul/agent-protocol';
import * as v from 'valibot';
import { Channel } from '../platform/kernel/channel.ts';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import { Envelope } from '../platform/kernel/envelope.ts';
import { KernelListener } from '../platform/kernel/kernel-listener.ts';
import { peerCredentials } from '../platform/kernel/sockets.ts';
import type { Speaker } from './holders.ts';
import type { SocketLimits } from './options.ts';
import type { SocketRequest } from './requests.ts';

export interface DoorServerOptions {
  readonly path: string;
  readonly limits: SocketLimits;
  /** The app whose grant holds this token. */
  readonly appOf: (token: string) => string | undefined;
  /** The descriptors are the listener's. Resolves when it is answered. */
  readonly asked: (speaker: Speaker, request: SocketRequest, descriptors: readonly Descriptor[]) => Promise<void>;
  /** Whoever it was has no channel any more. */
  readonly ended: (speaker: Speaker) => void;
}

/** Connections that wait to be taken. */
const backlog = 128;

interface Guest {
  readonly channel: Channel;
  readonly speaker: Speaker;
  requests: number;
}

export class DoorServer implements Disposable {
  readonly #options: DoorServerOptions;
  readonly #envelope = new Envelope(maxDoorMessageBytes);
  readonly #listener: KernelListener;
  /** Each with the deadline of its hello. */
  readonly #strangers = new Map<Channel, NodeJS.Timeout>();
  readonly #guests = new Map<Channel, Guest>();

  constructor(options: DoorServerOptions) {
    this.#options = options;
    this.#listener = new KernelListener(options.path, backlog, socket => this.#accept(socket));
  }

  /** Ends the connections of an app whose grant is worth nothing any more. */
  cutOff(app: string): void {
    for (const [channel, { speaker }] of this.#guests) if (speaker.app === app) this.#cut(channel);
  }

  #accept(socket: Descriptor): void {
    const { uid, pid } = peerCredentials(socket.number);
    const { maxChannels, maxStrangers } = this.#options.limits;
    const isFull = this.#strangers.size >= maxStrangers || this.#strangers.size + this.#guests.size >= maxChannels;
    if (uid !== process.getuid?.()) this.#turnAway(socket, 'access-denied', `this door is not for user ${uid}`);
    else if (isFull) this.#turnAway(socket, 'quota-exceeded', 'too many connections to this door');
    else this.#meet(socket, pid);
  }

  #turnAway(socket: Descriptor, code: ErrorCode, message: string): void {
    using own = socket;
    try {
      this.#envelope.send(own, encode({ type: 'refused', request: 0, code, message }));
    } catch {
      // gone already
    }
  }

  #meet(socket: Descriptor, pid: number): void {
    const channel: Channel = new Channel(
      socket,
      {
        received: (bytes, descriptors) => this.#received(channel, pid, bytes, descriptors),
        lost: bytes => this.#lost(channel, bytes),
        ended: () => this.#ended(channel),
      },
      { envelope: this.#envelope },
    );
    const deadline = setTimeout(
      () => this.#refuse(channel, new LonghaulError('timeout', 'no hello has come')),
      this.#options.limits.helloDeadlineMs,
    );
    this.#strangers.set(channel, deadline);
  }

  #received(channel: Channel, pid: number, bytes: Buffer, descriptors: readonly Descriptor[]): void {
    const guest = this.#guests.get(channel);
    const message = parse(bytes);
    if (message !== undefined && message.type !== 'hello' && guest !== undefined) {
      this.#ask(guest, message, descriptors);
      return;
    }
    for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    if (guest === undefined && message?.type === 'hello' && descriptors.length === 0) {
      this.#welcome(channel, pid, message.token);
    } else {
      this.#refuse(channel, new LonghaulError('invalid-argument', 'nobody of ours says that here'), requestOf(bytes));
    }
  }

  #welcome(channel: Channel, pid: number, token: string): void {
    const app = this.#options.appOf(token);
    if (app === undefined) {
      this.#refuse(channel, new LonghaulError('access-denied', 'no app has this grant'));
      return;
    }
    this.#forgetStranger(channel);
    const say = (message: FromSocketDoor, descriptors: readonly Descriptor[]) =>
      channel.send(encode(message), descriptors);
    this.#guests.set(channel, { channel, speaker: { by: 'app', app, pid, say }, requests: 0 });
    channel.send(encode({ type: 'welcome' }));
  }

  #ask(guest: Guest, request: SocketRequest, descriptors: readonly Descriptor[]): void {
    const { maxRequestsPerChannel } = this.#options.limits;
    guest.requests += 1;
    if (guest.requests >= maxRequestsPerChannel) guest.channel.isPaused = true;
    void this.#options.asked(guest.speaker, request, descriptors).finally(() => {
      guest.requests -= 1;
      if (guest.requests < maxRequestsPerChannel && guest.channel.isOpen) guest.channel.isPaused = false;
    });
  }

  /** Its descriptors could not be had: more than a message may bring, or this process has no room for them. */
  #lost(channel: Channel, bytes: Buffer): void {
    const request = requestOf(bytes);
    const error = new LonghaulError('quota-exceeded', 'too many sockets in one message, or too many open files here');
    if (request === 0 || !this.#guests.has(channel)) this.#refuse(channel, error);
    else channel.send(encode(refusal(error, request)));
  }

  /** Says why, and ends it. */
  #refuse(channel: Channel, error: LonghaulError, request = 0): void {
    channel.send(encode(refusal(error, request)));
    this.#cut(channel);
  }

  #cut(channel: Channel): void {
    channel[Symbol.dispose]();
    this.#ended(channel);
  }

  #ended(channel: Channel): void {
    this.#forgetStranger(channel);
    const guest = this.#guests.get(channel);
    this.#guests.delete(channel);
    if (guest !== undefined) this.#options.ended(guest.speaker);
  }

  #forgetStranger(channel: Channel): void {
    clearTimeout(this.#strangers.get(channel));
    this.#strangers.delete(channel);
  }

  [Symbol.dispose](): void {
    this.#listener[Symbol.dispose]();
    for (const channel of [...this.#strangers.keys(), ...this.#guests.keys()]) {
      this.#forgetStranger(channel);
      channel[Symbol.dispose]();
    }
    this.#guests.clear();
    this.#envelope[Symbol.dispose]();
  }
}

const encode = (message: FromSocketDoor): Buffer => Buffer.from(JSON.stringify(message));

const refusal = ({ code, message }: LonghaulError, request: number): FromSocketDoor => ({
  type: 'refused',
  request,
  code: isErrorCode(code) ? code : 'internal',
  message,
});

function parse(bytes: Buffer): ToSocketDoor | undefined {
  const result = v.safeParse(ToSocketDoor, jsonOf(bytes));
  return result.success ? result.output : undefined;
}

/** What a message that is otherwise nonsense asks to be answered under; 0 for nothing. */
function requestOf(bytes: Buffer): number {
  const value = jsonOf(bytes);
  const request = typeof value === 'object' && value !== null && 'request' in value ? value.request : 0;
  return typeof request === 'number' && Number.isSafeInteger(request) && request > 0 ? request : 0;
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
