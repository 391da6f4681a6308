// PURE. The states of an agent's connection as one table: a link exists while somebody needs it, and is dialled anew
// when it breaks. What the states make happen (dialling, timers) is the business of connection.ts.

export type ConnectionState =
  /** Nobody needs a link, there is none. */
  | { readonly name: 'idle' }
  /** A link is being made. */
  | ({ readonly name: 'dialling' } & Search)
  /** A link stands; `failures` is 0 once it has answered anything. */
  | { readonly name: 'open'; readonly failures: number }
  /** The last dial failed; the next comes after the delay for `failures`. */
  | ({ readonly name: 'waiting' } & Search)
  | { readonly name: 'disposed' };

interface Search {
  /** Dials, and links that broke without an answer, in a row. */
  readonly failures: number;
  /**
   * True while only those look for the agent who had it before. An agent that was stopped on purpose is not started
   * again for them; a new call starts it.
   */
  readonly isAfterLoss: boolean;
}

export type ConnectionEvent =
  /** The first holder appeared. */
  | 'needed'
  /** The last holder went and the linger time is over. */
  | 'unneeded'
  | 'opened'
  /** The first answer came over the open link. */
  | 'answered'
  /** A dial failed in a way that may pass. */
  | 'dial-failed'
  /** A dial failed for good (access denied, unsafe folder): nobody is helped by another. */
  | 'dial-refused'
  /** The open link broke. */
  | 'lost'
  /** The delay is over. */
  | 'delay-over'
  | 'disposed';

type Cell = (state: ConnectionState) => ConnectionState;

const idle: ConnectionState = Object.freeze({ name: 'idle' });
const proven: ConnectionState = Object.freeze({ name: 'open', failures: 0 });
const disposed: ConnectionState = Object.freeze({ name: 'disposed' });
const dial: Cell = () => ({ name: 'dialling', failures: 0, isAfterLoss: false });
const opened: Cell = state => ({ name: 'open', failures: searchOf(state).failures });
/** The first loss is met at once; a link that breaks before it says anything is met with patience. */
const lost: Cell = state => {
  const { failures } = searchOf(state);
  return { name: failures === 0 ? 'dialling' : 'waiting', failures: failures + 1, isAfterLoss: true };
};
const dialAgain: Cell = state => ({ ...searchOf(state), name: 'dialling' });
const wait: Cell = state => ({ ...searchOf(state), name: 'waiting', failures: searchOf(state).failures + 1 });
const newlyNeeded: Cell = state =>
  searchOf(state).isAfterLoss ? { ...searchOf(state), name: 'dialling', isAfterLoss: false } : state;
const same: Cell = state => state;

function searchOf(state: ConnectionState): Search {
  return { failures: 0, isAfterLoss: false, ...state };
}

export const connectionTable: Readonly<
  Record<ConnectionState['name'], Readonly<Partial<Record<ConnectionEvent, Cell>>>>
> = {
  idle: { needed: dial, disposed: () => disposed },
  dialling: {
    needed: newlyNeeded,
    unneeded: () => idle,
    opened,
    'dial-failed': wait,
    'dial-refused': () => idle,
    disposed: () => disposed,
  },
  open: { needed: same, answered: () => proven, unneeded: () => idle, lost, disposed: () => disposed },
  waiting: { needed: newlyNeeded, unneeded: () => idle, 'delay-over': dialAgain, disposed: () => disposed },
  disposed: { unneeded: same, disposed: same },
};

/** The next state. A missing cell throws: it is a mistake in the driver, never something to pass over. */
export function step(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  const cell = connectionTable[state.name][event];
  if (!cell) throw new Error(`connection: "${event}" cannot happen while ${state.name}`);
  return cell(state);
}
