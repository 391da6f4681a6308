// The life of a connection (RFC 6455 §7) as one table. A connection opens with the handshake done; then Close frames go
// both ways in either order, or the connection is failed by us, or the transport goes away.
//
//   open ─ sent-close → close-sent ─ received-close → close-done ─ transport-gone → ended
//   open ─ received-close → close-received ─ sent-close → close-done
//   open, close-sent ─ failed → failed ─ transport-gone → ended
//
// In `close-done` and `failed` nothing that still arrives is looked at; the transport is ended and, after the linger
// time, dropped. `abandoned` is a transport that we drop without waiting: a time-out, abort().
import type { WebSocketError } from '../errors.ts';

/** How it ended. `isClean`: both Close frames were exchanged (RFC 6455 §7.1.4). */
export interface CloseOutcome {
  /** The peer's code; 1005 when it sent none, 1006 when the transport went without Close frame, else our own of a failed connection. */
  readonly code: number;
  readonly reason: string;
  readonly clean: boolean;
  /** Why it did not end cleanly. */
  readonly error: WebSocketError | undefined;
}

export type ConnectionState =
  | { readonly kind: 'open' | 'close-sent' }
  | {
      readonly kind: 'close-received' | 'close-done' | 'failed' | 'abandoned' | 'ended';
      readonly outcome: CloseOutcome;
    };

export type Happening =
  | { readonly kind: 'sent-close' }
  | { readonly kind: 'received-close' | 'failed' | 'abandoned' | 'transport-gone'; readonly outcome: CloseOutcome };

type StateKind = ConnectionState['kind'];

// A missing cell means: this cannot happen there. `same` means: known and without effect.
const table: Readonly<Record<StateKind, Readonly<Partial<Record<Happening['kind'], StateKind | 'same'>>>>> =
  Object.freeze({
    open: {
      'sent-close': 'close-sent',
      'received-close': 'close-received',
      failed: 'failed',
      abandoned: 'abandoned',
      'transport-gone': 'ended',
    },
    'close-sent': {
      'received-close': 'close-done',
      failed: 'failed',
      abandoned: 'abandoned',
      'transport-gone': 'ended',
    },
    'close-received': { 'sent-close': 'close-done', abandoned: 'abandoned', 'transport-gone': 'ended' },
    'close-done': { abandoned: 'abandoned', 'transport-gone': 'ended' },
    failed: { abandoned: 'abandoned', 'transport-gone': 'ended' },
    abandoned: { abandoned: 'same', 'transport-gone': 'ended' },
    ended: { abandoned: 'same', 'transport-gone': 'same' },
  });

export const openState: ConnectionState = Object.freeze({ kind: 'open' });
const closeSentState: ConnectionState = Object.freeze({ kind: 'close-sent' });

/** The next state. The first outcome stays: what comes after does not rewrite why a connection ended. */
export function step(state: ConnectionState, happening: Happening): ConnectionState {
  const next = table[state.kind][happening.kind];
  if (next === undefined) throw new Error(`"${happening.kind}" cannot happen in state "${state.kind}"`);
  if (next === 'same') return state;
  if (next === 'open' || next === 'close-sent') return closeSentState;
  if ('outcome' in state) return { kind: next, outcome: state.outcome };
  if ('outcome' in happening) return { kind: next, outcome: happening.outcome };
  throw new Error(`State "${next}" needs an outcome`);
}
