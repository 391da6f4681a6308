// The failed attempts of a transfer in words: the latest first, the same failure in a row told once. Pure.
import type { TransferAttempt } from '@longhaul/agent-protocol';
import { momentInWords } from '../words/moments.ts';
import { problemOfTransfer } from '../words/problem-words.ts';

export interface FailedAttempts {
  /** `14:03:22`, or from when to when. */
  readonly when: string;
  readonly what: string;
  /** How often in a row. */
  readonly times: number;
}

export function failedAttempts(attempts: readonly TransferAttempt[], now: number): readonly FailedAttempts[] {
  const runs: { first: number; last: number; what: string; times: number }[] = [];
  for (const { at, error } of attempts) {
    const { message: what } = problemOfTransfer(error);
    const run = runs.at(-1);
    if (run?.what !== what) runs.push({ first: at, last: at, what, times: 1 });
    else {
      run.last = at;
      run.times += 1;
    }
  }
  return runs.reverse().map(({ first, last, what, times }) => {
    const [from, to] = [momentInWords(first, now), momentInWords(last, now)];
    return { when: from === to ? to : `${from} to ${to}`, what, times };
  });
}
