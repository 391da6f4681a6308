// A rejected call to the agent in words: what the agent said with its code, that it failed, or that nobody answered. Pure.
import { parseHubError } from '@longhaul/hubs/hub-error';
import { type Problem, problemOfCall, problemOfFault, problemOfLostCall } from '../words/problem-words.ts';

/** `isConnected`: whether the connection still stood when the call was rejected. */
export function problemOf(error: unknown, isConnected: boolean): Problem {
  const answer = parseHubError(error);
  if (answer !== undefined) return problemOfCall(answer.code ?? null, answer.message, subjectOf(answer.data));
  return isConnected ? problemOfFault : problemOfLostCall;
}

const subjectOf = (data: unknown): unknown =>
  typeof data === 'object' && data !== null && 'subject' in data ? data.subject : undefined;
