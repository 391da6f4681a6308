// Spans of time in words. Pure: both ends are arguments.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Two units at most: `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function spanInWords(ms: number): string {
  const span = Math.max(0, ms);
  if (span < minute) return `${Math.floor(span / second)} s`;
  if (span < hour) return `${Math.floor(span / minute)} min`;
  if (span < day) return pair(Math.floor(span / hour), 'h', Math.floor((span % hour) / minute), 'min');
  return pair(Math.floor(span / day), 'd', Math.floor((span % day) / hour), 'h');
}

const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** `just now`, `12 s ago`, `3 min ago`. */
export const agoInWords = (at: number, now: number): string =>
  now - at < 2 * second ? 'just now' : `${spanInWords(now - at)} ago`;

/** How far a moment lies ahead, whole seconds and never less than one: `1 s`, `12 s`, `3 min`. */
export const untilInWords = (at: number, now: number): string =>
  spanInWords(Math.max(second, Math.ceil((at - now) / second) * second));

/** Coarser the further away, so that the words rest: `a few seconds left`, `about 40 s left`, `12 min left`. */
export function timeLeftInWords(ms: number): string {
  if (ms < 5 * second) return 'a few seconds left';
  if (ms < 55 * second) return `about ${Math.ceil(ms / (5 * second)) * 5} s left`;
  if (ms < 90 * second) return 'about a minute left';
  if (ms <= 59 * minute) return `${Math.ceil(ms / minute)} min left`;
  if (ms > 30 * day) return 'more than a month left';
  return `${spanInWords(Math.ceil(ms / minute) * minute)} left`;
}
