// PURE. What is decided when a connection to the agent breaks: how long until the next dial, which calls may be sent
// again, and whether the refusal of a call sent twice only says that the first one had arrived.
import type { AgentHub, ErrorCode, TransferRecord } from '@longhaul/agent-protocol';
import { isTerminal } from '@longhaul/agent-protocol/plain';

/** Doubling delay with up to 25 % taken off at random (0 ≤ `random` < 1), so that many apps do not dial in step. */
export function reconnectDelayMs(failures: number, random: number, firstMs: number, maxMs: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (1 - random * 0.25));
}

type Verb = keyof AgentHub;

/** What a lost answer means for each method. `repeat`: ask again. `done`: losing the connection is the answer. */
const afterLoss: Readonly<Record<Verb, 'repeat' | 'done'>> = {
  createDownload: 'repeat',
  startTransfer: 'repeat',
  getTransfer: 'repeat',
  listTransfers: 'repeat',
  watchTransfers: 'repeat',
  pauseTransfer: 'repeat',
  resumeTransfer: 'repeat',
  cancelTransfer: 'repeat',
  retryTransfer: 'repeat',
  cancelAllTransfers: 'repeat',
  removeFinishedTransfers: 'repeat',
  getTransferDetails: 'repeat',
  setTransferLimit: 'repeat',
  getLimits: 'repeat',
  setLimits: 'repeat',
  removeTransfer: 'repeat',
  listSockets: 'repeat',
  watchSockets: 'repeat',
  listOwnSockets: 'repeat',
  removeSocket: 'repeat',
  getSocketDoor: 'repeat',
  registerTask: 'repeat',
  listTasks: 'repeat',
  watchTasks: 'repeat',
  unregisterTask: 'repeat',
  listRuns: 'repeat',
  getRun: 'repeat',
  cancelRun: 'repeat',
  renewTasks: 'repeat',
  getSettings: 'repeat',
  setSetting: 'repeat',
  removeSetting: 'repeat',
  getStatus: 'repeat',
  openDashboard: 'repeat',
  registerApp: 'repeat',
  unregisterApp: 'repeat',
  listApps: 'repeat',
  stopAgent: 'done',
  restartAgent: 'done',
};

export const lossMeansDone = (verb: Verb): boolean => afterLoss[verb] === 'done';

const takesAway: ReadonlySet<Verb> = new Set(['removeTransfer', 'removeSocket', 'unregisterTask', 'unregisterApp']);

/** A call that was sent twice and then answered "there is no such thing": the first one had taken it away. */
export const wasAlreadyGone = (verb: Verb, code: ErrorCode): boolean => code === 'not-found' && takesAway.has(verb);

/** A call that was sent twice and then answered `illegal-state`: does the record show what was asked for? */
export function isAsAsked(verb: Verb, record: TransferRecord): boolean {
  switch (verb) {
    case 'startTransfer':
      return record.isStarted;
    case 'pauseTransfer':
      return record.status === 'paused-by-application';
    case 'resumeTransfer':
      return record.isStarted && record.status !== 'paused-by-application' && !isTerminal(record.status);
    case 'retryTransfer':
      return record.isStarted && record.status !== 'error' && record.status !== 'canceled';
    case 'cancelTransfer':
      return record.status === 'canceled';
    default:
      return false;
  }
}
