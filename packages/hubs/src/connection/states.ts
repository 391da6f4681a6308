// The states of one hub connection (§3, §8.4) and which happening leads where. One table; a missing cell throws.
//
//   handshaking ──accepted──▶ connecting ──connected──▶ open ──ended──▶ closing ──closed──▶ closed
//        └────────refused/ended──────┴── (onConnected failed: ended) ──▶ closing

export type ConnectionState = 'handshaking' | 'connecting' | 'open' | 'closing' | 'closed';

export type ConnectionHappening =
  /** The handshake was answered with `{}`. */
  | 'accepted'
  /** onConnected has finished; messages are read from now on. */
  | 'connected'
  /** Whatever ends it: see ConnectionEnd. */
  | 'ended'
  /** onDisconnected has finished and the transport is closed. */
  | 'closed';

export const connectionStates: Readonly<
  Record<ConnectionState, Readonly<Partial<Record<ConnectionHappening, ConnectionState>>>>
> = Object.freeze({
  handshaking: { accepted: 'connecting', ended: 'closing' },
  connecting: { connected: 'open', ended: 'closing' },
  open: { ended: 'closing' },
  closing: { closed: 'closed' },
  closed: {},
});

export function step(state: ConnectionState, happening: ConnectionHappening): ConnectionState {
  const next = connectionStates[state][happening];
  if (next === undefined) throw new Error(`A hub connection that is ${state} cannot be ${happening}`);
  return next;
}
