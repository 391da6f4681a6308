// PURE. Which transfer, task or run a person means: the whole id, or so much of its beginning that only one has it.
import { type ErrorSubject, LonghaulError } from '@longhaul/agent-protocol';

/** Shorter beginnings are refused: they hit something by chance. */
export const minPrefixLength = 4;

/** What the ids are ids of, for messages: one and several, and what to look among when there is none. */
export type Noun = readonly [one: string, several: string, subject: ErrorSubject];

/** @throws LonghaulError `not-found` (none has it), `invalid-argument` (too short, or several have it) */
export function resolveId(text: string, ids: readonly string[], [one, several, subject]: Noun): string {
  const wanted = text.toLowerCase();
  if (ids.includes(wanted)) return wanted;
  if (wanted.length < minPrefixLength) {
    throw new LonghaulError('invalid-argument', `an id needs at least ${minPrefixLength} characters, not "${text}"`);
  }
  const found = ids.filter(id => id.startsWith(wanted));
  const [first, ...others] = found;
  if (first === undefined) throw new LonghaulError('not-found', `no ${one} has the id ${text}`, { subject });
  if (others.length === 0) return first;
  const shown = found.slice(0, 5).join(', ') + (found.length > 5 ? ', …' : '');
  throw new LonghaulError(
    'invalid-argument',
    `${found.length} ${several} have an id that begins with ${text}: ${shown}`,
  );
}

/** As `resolveId`, where `ids` are only the newest: a whole id is taken as it is, and the agent says whether there is one. */
export function resolveAmongNewest(text: string, ids: readonly string[], noun: Noun): string {
  return wholeId.test(text) ? text.toLowerCase() : resolveId(text, ids, noun);
}

const wholeId = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
