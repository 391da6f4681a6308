// Moments in words: the clock of the reader's own place, the day only where it is another one. Pure but for the time zone.

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

/** `14:03:22` on the day of `now`, else `20 November 2026, 14:03:22`. */
export function momentInWords(at: number, now: number): string {
  const clock = time.format(at);
  return day.format(at) === day.format(now) ? clock : `${day.format(at)}, ${clock}`;
}
