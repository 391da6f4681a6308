// PURE. Why a run of a background task went as it went, and what to do about it, in words that the command and the page share.
// Every way in which a task can go wrong has its own. Runs in browsers.
import { errorTable, isErrorCode } from './errors.ts';
import type { SocketRecord } from './sockets.ts';
import type { CancellationReason, RunRecord } from './tasks.ts';

export interface Explanation {
  /** What happened. */
  readonly what: string;
  /** What its author or its user can do; `null` where nothing has to be done. */
  readonly fix: string | null;
}

const causes: Readonly<Record<CancellationReason, string>> = {
  abort: 'it was canceled on request, or its registration was taken away',
  terminating: 'the agent was ending',
  uninstall: 'its app was unregistered',
  'execution-time-exceeded': 'it took longer than a task may',
};

const handBack =
  'In the task, await "transferOwnership(agent, socket, id)" before it ends, or close the socket if it is done with it. Until the app connects and hands over again nothing starts this task for it.';

/** So long a run must have waited for its prints to be taken before that is worth a word. Milliseconds. */
const notableMs = 2_000;
const printLess = 'Print less: more than 1 MiB a second is not taken, and who prints more has to wait.';

/**
 * `undefined` where the status says it all. `orphaned`: the socket that this run has left orphaned (`orphanedBy`).
 */
export function explainRun(run: RunRecord, orphaned?: Pick<SocketRecord, 'id'>): Explanation | undefined {
  const { status, cancellationReason: reason, error } = run;
  if (status === 'failed') return explainFailure(run, orphaned);
  if (orphaned !== undefined) {
    const what = `It ended without giving its socket "${orphaned.id}" back, so the connection was closed.`;
    return { what, fix: handBack };
  }
  if (status === 'queued') {
    return error === null ? undefined : { what: `It is started again: ${sentence(error.message)}`, fix: null };
  }
  if (reason === null || status === 'completed') return undefined;
  const isLate = reason === 'execution-time-exceeded';
  const told = status === 'canceling' ? 'It was told to end' : 'It was told to end and did';
  const explanation = { what: `${told}: ${causes[reason]}.`, fix: isLate ? errorTable['task-late'].fix : null };
  return isLate ? withPrints(run, explanation) : explanation;
}

/** Of one that took too long: it may be its prints that took the time. */
function withPrints({ heldUpMs }: RunRecord, explanation: Explanation): Explanation {
  if (heldUpMs < notableMs) return explanation;
  const waited = `For ${Math.round(heldUpMs / 1_000)} s its process waited until what was printed in it had been taken.`;
  return { what: `${explanation.what} ${waited}`, fix: printLess };
}

function explainFailure(run: RunRecord, orphaned: Pick<SocketRecord, 'id'> | undefined): Explanation {
  const { error } = run;
  const what = error === null ? 'No reason was recorded.' : capital(sentence(error.message));
  const fix = error !== null && isErrorCode(error.code) ? errorTable[error.code].fix : null;
  const isLate = error?.code === 'task-late' || error?.code === 'task-stuck';
  if (orphaned === undefined) return isLate ? withPrints(run, { what, fix }) : { what, fix };
  return { what: `${what} Too many runs in a row had failed, so its socket "${orphaned.id}" was closed.`, fix };
}

/** The socket that this run has orphaned: only the latest run for a socket can have. `runs`: any that are known, in any order. */
export function orphanedBy(
  run: RunRecord,
  runs: readonly RunRecord[],
  sockets: readonly SocketRecord[],
): SocketRecord | undefined {
  if ((run.status !== 'completed' && run.status !== 'failed') || run.startedAt === null) return undefined;
  const { app, taskId, trigger, startedAt } = run;
  const socket = sockets.find(({ app: owner, id }) => owner === app && id === trigger.socketId);
  if (socket?.status !== 'orphaned' || socket.since < startedAt) return undefined;
  const isLater = (other: RunRecord) =>
    other.app === app && other.trigger.socketId === trigger.socketId && other.queuedAt > run.queuedAt;
  return socket.taskId === taskId && !runs.some(isLater) ? socket : undefined;
}

const sentence = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return /[.!?…]$/.test(line) ? line : `${line}.`;
};

/** Only a word: `TypeError`, a path and an address stay as they are. */
const capital = (text: string): string => (/^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);
