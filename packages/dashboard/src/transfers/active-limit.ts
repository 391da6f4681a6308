// How many transfers run at the same time, as a person gives it: a preset, or a number. Pure.
import { mostActive } from '@longhaul/agent-protocol';

/** One after the other, a few, and up to what the agent starts with; then for fast lines. */
export const activePresets: readonly number[] = [1, 2, 4, 8, 16, 32];

export type GivenCount =
  | { readonly type: 'count'; readonly count: number }
  | { readonly type: 'refused'; readonly words: string };

export function activeFrom(text: string): GivenCount {
  const trimmed = text.trim();
  const count = /^\d+$/.test(trimmed) ? Number(trimmed) : 0;
  if (count >= 1 && count <= mostActive) return { type: 'count', count };
  return { type: 'refused', words: `Give a whole number from 1 to ${mostActive}.` };
}
