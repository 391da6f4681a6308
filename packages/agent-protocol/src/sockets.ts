// Parked sockets as they cross the wire between the agent and its clients (rows SB-01..SB-47): records, and the limits of
// what can be handed over. How descriptors travel is in socket-door.ts. Runs in browsers.
import * as v from 'valibot';
import { AppId } from './app-id.ts';
import { isSocketId, socketIdRule } from './checks.ts';
import type { standbyActions } from './words.ts';

/** SocketActivityKind (SB-04) in kebab-case. */
export const socketKinds = ['stream-socket', 'datagram-socket', 'stream-socket-listener'] as const;
export type SocketKind = (typeof socketKinds)[number];

/** SocketActivityConnectedStandbyAction (SB-09) in kebab-case. */
export type StandbyAction = (typeof standbyActions)[number];

/** Chosen by the app, one of a kind within it (SB-22). 1 to 128 characters without control characters. */
export const SocketId = v.pipe(v.string(), v.check(isSocketId, socketIdRule));

/**
 * Who owns it (section 1.4). `parked`: the broker, which tells of the next activity. `signalled`: a task is about to get it.
 * `lent`: a task or an app of its owner. `orphaned`: a task ended without giving it back, so it was closed (SB-35).
 * `closed`: the peer, the network or the death of its vault ended it. The last two stay until removed or handed over anew.
 */
export const socketStatuses = ['parked', 'signalled', 'lent', 'orphaned', 'closed'] as const;
export type SocketStatus = (typeof socketStatuses)[number];

/** One socket that was handed over, by `app` and `id`. */
export interface SocketRecord {
  readonly app: string;
  readonly id: string;
  readonly kind: SocketKind;
  readonly status: SocketStatus;
  readonly taskId: string;
  readonly wake: StandbyAction;
  /** As `127.0.0.1:80`, `[::1]:80` or a path; `null` where there is none. */
  readonly localAddress: string | null;
  readonly remoteAddress: string | null;
  readonly keepAliveMs: number | null;
  /** When the keep-alive timer expires next. */
  readonly keepAliveAt: number | null;
  readonly contextBytes: number;
  /** Since when it is in this status. */
  readonly since: number;
  /** While it is `parked` and nobody is woken for it (why says `why`): until when. */
  readonly restsUntil: number | null;
  /** How often it was handed over, first time included. */
  readonly transfers: number;
  /** How often a task was started for it. */
  readonly wakes: number;
  readonly lastWakeAt: number | null;
  /** Who has it while `lent`. */
  readonly holder: { readonly pid: number; readonly runId: string | null } | null;
  /** In words: why it is orphaned or closed, or why nobody is woken for it. */
  readonly why: string | null;
}

/** The app's own view of a socket of its own: with the context (base64). */
export interface OwnSocketRecord extends SocketRecord {
  readonly context: string | null;
}

/** Of `listOwnSockets`: at most this many, and contexts of about this many bytes, at least one socket. */
export const ownSocketsPage = Object.freeze({ maxSockets: 1_000, maxContextBytes: 1_048_576 });

/** Where a page of `listOwnSockets` begins: `null` at the oldest socket, else `next` of the page before. */
export const PageStart = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));

export interface OwnSocketsPage {
  readonly sockets: readonly OwnSocketRecord[];
  /** `null`: there are no more. */
  readonly next: number | null;
}

/** Names one socket of one app. */
export const SocketName = v.strictObject({ app: AppId, id: SocketId });
export type SocketName = v.InferOutput<typeof SocketName>;

/** Verbs of the agent's hub. */
export interface SocketVerbs {
  /** Sockets in this connection's scope that were handed over, oldest first. */
  listSockets(): Promise<SocketRecord[]>;
  /** As `listSockets`, and from then on `socketChanged` and `socketRemoved` come to this connection. */
  watchSockets(): Promise<SocketRecord[]>;
  /**
   * The app's own, with their contexts, oldest first, a page at a time. What goes between two pages moves no other; what comes
   * meanwhile is in the last ones. Apps only.
   */
  listOwnSockets(start: number | null): Promise<OwnSocketsPage>;
  /** Ends the connection, whoever has it, and forgets the socket; one that is over is just forgotten. */
  removeSocket(name: SocketName): Promise<void>;
  /** The path of the door that descriptors go through (socket-door.ts). Apps only. `not-supported-here` where there is none. */
  getSocketDoor(): Promise<{ path: string }>;
}

/** At most 10 a second for one socket; the last state is never left out. */
export interface SocketEvents {
  socketChanged(record: SocketRecord): void;
  socketRemoved(name: SocketName): void;
}
