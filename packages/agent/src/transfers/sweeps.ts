// Verbs on everything in a scope: what is asked in one tick becomes durable in one group commit. A transfer that meanwhile
// ended, was removed or was started again is left as it is.
import { LonghaulError } from '@longhaul/agent-protocol';
import type { Runner } from './runner.ts';

/** Taken on at once: each may hold its folder open. */
const atOnce = 128;

/** Cancels each; resolves with how many were canceled. */
export function cancelAll(runner: Runner, ids: readonly string[]): Promise<number> {
  return sweep(ids, async id => (await runner.cancel(id)).state.name === 'canceled');
}

/** Removes each that has ended; resolves with how many were removed. */
export function removeFinished(runner: Runner, ids: readonly string[]): Promise<number> {
  return sweep(ids, id => runner.removeFinished(id));
}

async function sweep(ids: readonly string[], act: (id: string) => Promise<boolean>): Promise<number> {
  let count = 0;
  for (let from = 0; from < ids.length; from += atOnce) {
    const done = await Promise.all(ids.slice(from, from + atOnce).map(id => unlessLate(id, act)));
    count += done.filter(Boolean).length;
  }
  return count;
}

async function unlessLate(id: string, act: (id: string) => Promise<boolean>): Promise<boolean> {
  try {
    return await act(id);
  } catch (error) {
    if (error instanceof LonghaulError && (error.code === 'not-found' || error.code === 'illegal-state')) return false;
    throw error;
  }
}
