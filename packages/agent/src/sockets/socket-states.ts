// The life of a parked socket (section 1.4): which happening leads from which state to which, as one data table and one
// `step()`. Pure. Each state carries only its own data; a cell that is not in the table is the error `illegal-state`.
//
// `parked`: the broker has it and listens. `resting`: the broker has it and does not listen until a time, because of what its
// task does.
// `deaf`: the broker has it, but there is no task that could be told. `signalled`: a run is recorded for it. `lent`: a run or
// an app of its owner has it, under a lease. The last two states are the end of this connection.
import { LonghaulError, type SocketStatus } from '@longhaul/agent-protocol';

/** Who has a socket that is lent. A host reclaims as an app does: then it has no run. */
export interface Holder {
  readonly by: 'app' | 'host';
  readonly pid: number;
  readonly runId: string | null;
}

export type SocketState =
  | { readonly name: 'parked' }
  | { readonly name: 'resting'; readonly until: number; readonly why: string }
  | { readonly name: 'deaf'; readonly why: string }
  | { readonly name: 'signalled'; readonly runId: string }
  | { readonly name: 'lent'; readonly lease: number; readonly holder: Holder }
  | { readonly name: 'orphaned'; readonly why: string }
  /** `isUntold`: the run that tells its app is still to be recorded. */
  | { readonly name: 'closed'; readonly why: string; readonly isUntold?: true };
export type StateName = SocketState['name'];

export type SocketEvent =
  /** Handed over anew, under the id of one that is over (SB-43). */
  | { readonly name: 'hand-over' }
  /** Something happened to it, and a run was recorded (SB-40..SB-42). */
  | { readonly name: 'signal'; readonly runId: string }
  /** Something happened to it, and its task is not registered any more. */
  | { readonly name: 'lose-task'; readonly why: string }
  /** Its run, or an app, gets it (SB-33). */
  | { readonly name: 'lend'; readonly lease: number; readonly holder: Holder }
  /** The agent of the run has died: the run will ask for it again. */
  | { readonly name: 'await-run'; readonly runId: string }
  | { readonly name: 'hand-back' }
  /** The holder is gone, or the run has ended without it: as if nothing had happened. */
  | { readonly name: 'put-back' }
  /** Given back as it had come: what has come to it would wake its task again at once. */
  | { readonly name: 'rest'; readonly until: number; readonly why: string }
  /** The run has failed, or could not be recorded. */
  | { readonly name: 'fail'; readonly until: number; readonly why: string }
  | { readonly name: 'rested' }
  /** A task has ended without giving it back (SB-35), or has failed too often. */
  | { readonly name: 'forsake'; readonly why: string }
  /** The peer, the network or the death of its vault (SB-43). */
  | { readonly name: 'end'; readonly why: string; readonly isUntold: boolean }
  /** The run that tells of its end is recorded, or there is nobody to tell. */
  | { readonly name: 'told' };
export type EventName = SocketEvent['name'];

const held = { lend: 'lent', end: 'closed' } as const;

/** State → event → next state. The docs are drawn from this. */
export const transitions: { readonly [S in StateName]: { readonly [E in EventName]?: StateName } } = {
  parked: { ...held, signal: 'signalled', 'lose-task': 'deaf', fail: 'resting' },
  resting: { ...held, rested: 'parked' },
  deaf: held,
  signalled: { ...held, 'await-run': 'signalled', 'put-back': 'parked', fail: 'resting', forsake: 'orphaned' },
  lent: {
    ...held,
    'hand-back': 'parked',
    rest: 'resting',
    'put-back': 'parked',
    'await-run': 'signalled',
    fail: 'resting',
    forsake: 'orphaned',
  },
  orphaned: { 'hand-over': 'parked' },
  closed: { 'hand-over': 'parked', told: 'closed' },
};

/** What clients see of each state. */
export const publicStatus: { readonly [S in StateName]: SocketStatus } = {
  parked: 'parked',
  resting: 'parked',
  deaf: 'parked',
  signalled: 'signalled',
  lent: 'lent',
  orphaned: 'orphaned',
  closed: 'closed',
};

/** The connection is over: nothing is held any more. */
export const isOver = (state: SocketState): boolean => state.name === 'orphaned' || state.name === 'closed';

/** When the broker has to look at it again without being told; `null` for never. */
export function dueAt(state: SocketState, keepAliveAt: number | null): number | null {
  if (state.name === 'resting') return state.until;
  return state.name === 'parked' ? keepAliveAt : null;
}

/** The next state. Throws `illegal-state` where the table has no cell. */
export function step(state: SocketState, event: SocketEvent): SocketState {
  const next = transitions[state.name][event.name];
  if (next === undefined) {
    throw new LonghaulError('illegal-state', `A socket that is ${state.name} cannot ${event.name.replace('-', ' ')}.`, {
      data: { status: publicStatus[state.name] },
      subject: 'socket',
    });
  }
  switch (event.name) {
    case 'hand-over':
    case 'hand-back':
    case 'put-back':
    case 'rested':
      return { name: 'parked' };
    case 'signal':
    case 'await-run':
      return { name: 'signalled', runId: event.runId };
    case 'lose-task':
      return { name: 'deaf', why: event.why };
    case 'lend':
      return { name: 'lent', lease: event.lease, holder: event.holder };
    case 'rest':
    case 'fail':
      return { name: 'resting', until: event.until, why: event.why };
    case 'forsake':
      return { name: 'orphaned', why: event.why };
    case 'end':
      return event.isUntold ? { name: 'closed', why: event.why, isUntold: true } : { name: 'closed', why: event.why };
    case 'told':
      return { name: 'closed', why: 'why' in state ? state.why : '' };
  }
}
