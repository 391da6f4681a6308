// The life of a transfer (section 3.5): which happening leads from which state to which, as one data table and one `step()`.
// Pure. Each state carries only its own data; a cell that is not in the table is the error `illegal-state`.
//
// Between `queued` and a network or policy pause lies the scheduler's word; `running` means that an attempt is in flight,
// `retrying` that one failed and the next has a time, `finishing` that every byte is on the disk and the file gets its name.
// BackgroundTransferStatus knows fewer words: `publicStatus` says which of them each state is.
import { LonghaulError, type TransferError, type TransferStatus } from '@longhaul/agent-protocol';

export type TransferState =
  | { readonly name: 'created' }
  | { readonly name: 'queued' }
  | { readonly name: 'running' }
  | { readonly name: 'retrying'; readonly error: TransferError; readonly retryAt: number }
  | { readonly name: 'finishing'; readonly finalName: string }
  | { readonly name: 'paused-by-application' }
  | { readonly name: 'paused-costed-network' }
  | { readonly name: 'paused-no-network'; readonly error: TransferError | null }
  | { readonly name: 'paused-system-policy'; readonly error: TransferError }
  | { readonly name: 'paused-recoverable-web-error'; readonly error: TransferError }
  | { readonly name: 'completed'; readonly finishedAt: number }
  | { readonly name: 'canceled'; readonly finishedAt: number }
  | { readonly name: 'error'; readonly error: TransferError; readonly finishedAt: number };
export type StateName = TransferState['name'];

export type TransferEvent =
  /** The caller's verbs. */
  | { readonly name: 'start' }
  | { readonly name: 'pause' }
  | { readonly name: 'resume' }
  | { readonly name: 'try-again' }
  | { readonly name: 'cancel'; readonly at: number }
  /** The scheduler gave it a slot. */
  | { readonly name: 'grant' }
  /** The network and the system's policy. */
  | { readonly name: 'lose-network'; readonly error: TransferError | null }
  | { readonly name: 'find-network' }
  | { readonly name: 'deny-cost' }
  | { readonly name: 'allow-cost' }
  | { readonly name: 'hold'; readonly error: TransferError }
  | { readonly name: 'release' }
  /** The attempt's outcome. */
  | { readonly name: 'fail-attempt'; readonly error: TransferError; readonly retryAt: number }
  | { readonly name: 'retry' }
  | { readonly name: 'fail-recoverably'; readonly error: TransferError }
  | { readonly name: 'fail'; readonly error: TransferError; readonly at: number }
  | { readonly name: 'receive-all'; readonly finalName: string }
  /** While finishing, the chosen name was taken by somebody else and another one was chosen. */
  | { readonly name: 'choose-name'; readonly finalName: string }
  /** While finishing, the received bytes turned out to be gone: from the beginning again. */
  | { readonly name: 'start-over' }
  | { readonly name: 'finish'; readonly at: number }
  /** The agent ended, or died and this is its successor. */
  | { readonly name: 'stop-agent' };
export type EventName = TransferEvent['name'];

const waiting = {
  pause: 'paused-by-application',
  cancel: 'canceled',
  'lose-network': 'paused-no-network',
  'deny-cost': 'paused-costed-network',
  hold: 'paused-system-policy',
} as const;

/** State → event → next state. The docs are drawn from this. */
export const transitions: { readonly [S in StateName]: { readonly [E in EventName]?: StateName } } = {
  created: { start: 'queued', cancel: 'canceled' },
  queued: { ...waiting, grant: 'running', fail: 'error' },
  running: {
    ...waiting,
    'fail-attempt': 'retrying',
    'fail-recoverably': 'paused-recoverable-web-error',
    fail: 'error',
    'receive-all': 'finishing',
    'stop-agent': 'queued',
  },
  retrying: { ...waiting, retry: 'queued', 'stop-agent': 'queued' },
  finishing: {
    'choose-name': 'finishing',
    'start-over': 'queued',
    finish: 'completed',
    fail: 'error',
    hold: 'paused-system-policy',
  },
  'paused-by-application': { resume: 'queued', cancel: 'canceled' },
  'paused-costed-network': {
    pause: 'paused-by-application',
    cancel: 'canceled',
    'allow-cost': 'queued',
    'lose-network': 'paused-no-network',
  },
  'paused-no-network': {
    pause: 'paused-by-application',
    cancel: 'canceled',
    'find-network': 'queued',
    'deny-cost': 'paused-costed-network',
  },
  'paused-system-policy': {
    pause: 'paused-by-application',
    cancel: 'canceled',
    release: 'queued',
    resume: 'queued',
  },
  'paused-recoverable-web-error': { resume: 'queued', cancel: 'canceled' },
  completed: {},
  canceled: { 'try-again': 'queued' },
  error: { 'try-again': 'queued' },
};

/** BackgroundTransferStatus of each state. A started transfer that waits for a slot is `idle` with `isStarted`. */
export const publicStatus: { readonly [S in StateName]: TransferStatus } = {
  created: 'idle',
  queued: 'idle',
  running: 'running',
  retrying: 'running',
  finishing: 'running',
  'paused-by-application': 'paused-by-application',
  'paused-costed-network': 'paused-costed-network',
  'paused-no-network': 'paused-no-network',
  'paused-system-policy': 'paused-system-policy',
  'paused-recoverable-web-error': 'paused-recoverable-web-error',
  completed: 'completed',
  canceled: 'canceled',
  error: 'error',
};

/** Nothing but removal, or a retry of what failed or was canceled, follows. */
export const isFinished = (state: TransferState): boolean =>
  state.name === 'completed' || state.name === 'canceled' || state.name === 'error';

/** The next state. Throws `illegal-state` where the table has no cell. */
export function step(state: TransferState, event: TransferEvent): TransferState {
  const next = transitions[state.name][event.name];
  if (next === undefined) {
    throw new LonghaulError(
      'illegal-state',
      `A transfer that is ${inWords(state.name)} cannot ${event.name.replaceAll('-', ' ')}.`,
      { data: { status: publicStatus[state.name] }, subject: 'transfer' },
    );
  }
  return build(next, event);
}

function build(next: StateName, event: TransferEvent): TransferState {
  switch (event.name) {
    case 'cancel':
      return { name: 'canceled', finishedAt: event.at };
    case 'finish':
      return { name: 'completed', finishedAt: event.at };
    case 'fail':
      return { name: 'error', error: event.error, finishedAt: event.at };
    case 'fail-attempt':
      return { name: 'retrying', error: event.error, retryAt: event.retryAt };
    case 'fail-recoverably':
      return { name: 'paused-recoverable-web-error', error: event.error };
    case 'hold':
      return { name: 'paused-system-policy', error: event.error };
    case 'lose-network':
      return { name: 'paused-no-network', error: event.error };
    case 'receive-all':
    case 'choose-name':
      return { name: 'finishing', finalName: event.finalName };
    default:
      return { name: next } as TransferState;
  }
}

const inWords = (name: StateName): string =>
  name === 'created' ? 'not started' : name === 'error' ? 'failed' : name.replaceAll('-', ' ');
