// What the sockets room tells.
import type { SocketRecord } from '@longhaul/agent-protocol';

/** A fact in the past tense. At most 10 a second for one socket that lives; the last state is never left out. */
export type SocketFact =
  | { readonly type: 'socket-changed'; readonly record: SocketRecord }
  | { readonly type: 'socket-removed'; readonly app: string; readonly id: string };
