// The life of a run: which happening leads from which state to which, as one data table and one `step()`. Pure. Each state
// carries only its own data; a cell that is not in the table is the error `illegal-state`.
import { type CancellationReason, LonghaulError, type RunRecord } from '@longhaul/agent-protocol';

export type RunError = NonNullable<RunRecord['error']>;

/** `why`: what ended the attempt before, `null` for the first. */
export type RunState =
  | { readonly name: 'queued'; readonly why: RunError | null }
  | { readonly name: 'running'; readonly why: RunError | null }
  | { readonly name: 'canceling'; readonly reason: CancellationReason }
  | { readonly name: 'completed' }
  | { readonly name: 'failed'; readonly error: RunError; readonly reason: CancellationReason | null }
  | { readonly name: 'canceled'; readonly reason: CancellationReason };
export type RunStateName = RunState['name'];

export type RunEvent =
  /** It gets a place in its app's host. */
  | { readonly name: 'start' }
  /** There is nothing to run for any more: its socket is gone. */
  | { readonly name: 'obsolete' }
  /** `run` has returned and every deferral is complete. */
  | { readonly name: 'complete' }
  | { readonly name: 'fail'; readonly error: RunError }
  | { readonly name: 'cancel'; readonly reason: CancellationReason }
  /** Told to end, it did. */
  | { readonly name: 'end' }
  /** Its host or its agent has ended before it was over. */
  | { readonly name: 'lose-host'; readonly error: RunError };
export type RunEventName = RunEvent['name'];

/** State → event → next state. The docs are drawn from this. */
export const runTransitions: { readonly [S in RunStateName]: { readonly [E in RunEventName]?: RunStateName } } = {
  queued: { start: 'running', obsolete: 'completed', cancel: 'canceled', fail: 'failed' },
  running: {
    complete: 'completed',
    obsolete: 'completed',
    fail: 'failed',
    cancel: 'canceling',
    'lose-host': 'queued',
  },
  canceling: { end: 'canceled', fail: 'failed', 'lose-host': 'queued' },
  completed: {},
  failed: {},
  canceled: {},
};

/** @throws LonghaulError `illegal-state` */
export function step(state: RunState, event: RunEvent): RunState {
  const next = runTransitions[state.name][event.name];
  if (next === undefined)
    throw new LonghaulError('illegal-state', `a run that is ${state.name} cannot ${event.name}`, { subject: 'run' });
  switch (next) {
    case 'queued':
      return { name: next, why: event.name === 'lose-host' ? event.error : null };
    case 'running':
      return { name: next, why: state.name === 'queued' ? state.why : null };
    case 'canceling':
    case 'canceled':
      return { name: next, reason: reasonOf(state, event) ?? 'abort' };
    case 'completed':
      return { name: next };
    case 'failed':
      return { name: next, error: errorOf(event), reason: reasonOf(state, event) };
  }
}

const reasonOf = (state: RunState, event: RunEvent): CancellationReason | null =>
  event.name === 'cancel' ? event.reason : state.name === 'canceling' ? state.reason : null;

/** What is written down of an error that ended a run. */
export function runErrorOf(thrown: unknown): RunError {
  if (thrown instanceof LonghaulError) return { code: thrown.code, message: thrown.message };
  return { code: 'task-failed', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

function errorOf(event: RunEvent): RunError {
  return event.name === 'fail' ? event.error : { code: 'internal', message: event.name };
}

export const isOver = ({ name }: RunState): boolean => name === 'completed' || name === 'failed' || name === 'canceled';
