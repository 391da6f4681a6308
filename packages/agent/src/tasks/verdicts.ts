// What becomes of the runs of a host that has ended: who is to blame, who goes on elsewhere, who has been tried often enough.
// Pure. A run that may have brought its host down is tried again *alone*, so that it can harm nobody but itself.
import type { RunError, RunEvent, RunState } from './run-states.ts';

/** Why there is no host any more. */
export type HostEnd =
  /** By itself: `how` in words, as "exit code 3" or "SIGSEGV". */
  | { readonly kind: 'exited'; readonly how: string }
  /** Killed because this run had not ended when its grace was over, though it had heard that it should. */
  | { readonly kind: 'overstayed'; readonly run: string }
  /** Killed because a run had not ended and the host had heard nothing: some code keeps it busy. */
  | { readonly kind: 'stuck'; readonly run: string }
  /** Killed because some code kept it busy, and more than one run waited for it. */
  | { readonly kind: 'deaf' }
  /** Killed because nothing had come from it since it was started. */
  | { readonly kind: 'silent' }
  /** Ended by its agent, which ends itself. */
  | { readonly kind: 'agent-ends' }
  /** Its agent died. */
  | { readonly kind: 'agent-died' };

/** A run that was in the host: running, or told to end. */
export interface RunInHost {
  readonly id: string;
  readonly state:
    | { readonly name: 'running' }
    | {
        readonly name: 'canceling';
        readonly reason: 'abort' | 'terminating' | 'uninstall' | 'execution-time-exceeded';
      };
  /** Hosts or agents that have died under it so far, nobody else being to blame. */
  readonly losses: number;
}

export interface Verdict {
  readonly event: RunEvent;
  readonly losses: number;
}

export interface VerdictLimits {
  readonly maxAttempts: number;
  readonly maxRunMs: number;
  readonly graceMs: number;
}

/** What happens to `run`, which was in the host with `others` more. */
export function verdictOf(run: RunInHost, others: number, end: HostEnd, limits: VerdictLimits): Verdict {
  const { state, losses } = run;
  if (state.name === 'canceling') return verdictOfCanceled(run, state.reason, others, end, limits);
  switch (end.kind) {
    case 'exited':
      return suspected(run, `its process ended before it was over: ${end.how}`, limits);
    case 'silent':
      return suspected(run, 'its process did not start in time', limits);
    case 'stuck':
    case 'deaf':
      return suspected(run, 'its process did not react any more and was killed', limits);
    case 'agent-died':
      return suspected(run, 'the agent died before it was over', limits);
    case 'overstayed':
      return {
        event: loseHost('another run of the app did not end in time, so that their process was killed'),
        losses,
      };
    case 'agent-ends':
      return { event: loseHost('the agent ended before it was over'), losses };
  }
}

/** What a host's word that a run has ended, with an error or without one, means for it. */
export function endEventOf(state: RunState, error: { readonly message: string } | null): RunEvent {
  if (state.name === 'canceling') {
    // Whether its work is done nobody knows: the sockets do, when the next agent asks them for its socket.
    return state.reason === 'terminating' ? interrupted : { name: 'end' };
  }
  return error === null
    ? { name: 'complete' }
    : { name: 'fail', error: { code: 'task-failed', message: error.message } };
}

const interrupted: RunEvent = {
  name: 'lose-host',
  error: { code: 'task-failed', message: 'the agent ended before it was over' },
};

function verdictOfCanceled(
  run: RunInHost,
  reason: (RunInHost['state'] & { name: 'canceling' })['reason'],
  others: number,
  end: HostEnd,
  limits: VerdictLimits,
): Verdict {
  const { losses } = run;
  const isItsOwn = (end.kind === 'overstayed' || end.kind === 'stuck') && end.run === run.id;
  // Its app's work is not done, and nothing is wrong with it.
  if (reason === 'terminating') return { event: loseHost('the agent ended before it was over'), losses };
  if ((end.kind === 'stuck' || end.kind === 'deaf') && reason === 'execution-time-exceeded' && others > 0) {
    return suspected(run, 'its process did not react any more and was killed', limits);
  }
  if (isItsOwn) {
    const code = end.kind === 'stuck' ? 'task-stuck' : 'task-late';
    return { event: { name: 'fail', error: { code, message: late(reason, end, limits) } }, losses };
  }
  return { event: { name: 'end' }, losses };
}

function late(reason: string, end: HostEnd, { maxRunMs, graceMs }: VerdictLimits): string {
  const ignored = end.kind === 'stuck' ? 'it kept its process busy and' : 'it';
  const told = reason === 'execution-time-exceeded' ? `took longer than ${seconds(maxRunMs)} and ` : '';
  return `${ignored} ${told}did not end within ${seconds(graceMs)} of being told to (${reason}), so that its process was killed`;
}

const seconds = (ms: number): string => `${ms / 1_000} s`;

/** It may have been this one. */
function suspected({ losses }: RunInHost, message: string, { maxAttempts }: VerdictLimits): Verdict {
  const count = losses + 1;
  if (count < maxAttempts) return { event: loseHost(message), losses: count };
  const error = { code: 'task-died', message: `${message}; it was tried ${count} times` };
  return { event: { name: 'fail', error }, losses: count };
}

const loseHost = (message: string): RunEvent & { error: RunError } => ({
  name: 'lose-host',
  error: { code: 'task-died', message },
});
