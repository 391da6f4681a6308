// PURE. The window that `watch` paints into, and what all pictures have in common: as many rows as there is room for, how many
// more there are, and a foot.
import { shorten } from '../output/table.ts';
import { words } from '../words.ts';

export interface WatchWindow {
  readonly columns: number;
  readonly rows: number;
  /** Below the rows: that the agent is away. */
  readonly notice?: string | undefined;
}

export type Paint = (style: 'red' | 'green' | 'yellow' | 'dim', text: string) => string;

/** The cursor stands behind the last line, on one of its own; a full last column makes some terminals wrap. */
export const widthOf = ({ columns }: WatchWindow): number => Math.max(1, columns - 1);

/** The notice, and a line with the totals. */
export function footOf(window: WatchWindow, totals: string, paint: Paint): string[] {
  const width = widthOf(window);
  const notice = window.notice === undefined ? [] : [paint('yellow', shorten(window.notice, width))];
  return [...notice, paint('dim', shorten(totals, width))];
}

/** Lines that are left for rows above the foot. */
export const roomFor = ({ rows }: WatchWindow, foot: readonly string[]): number => Math.max(0, rows - 1 - foot.length);

/** Rows and foot as they fit. */
export const framed = ({ rows }: WatchWindow, lines: readonly string[], foot: readonly string[]): string[] =>
  [...lines, ...foot].slice(-Math.max(1, rows - 1));

/** As many as there is room for; where some are left out, the last line says how many. `linesOf`: how high one is. */
export function fitted<Shown>(
  all: readonly Shown[],
  room: number,
  linesOf: (one: Shown) => number = () => 1,
): { shown: readonly Shown[]; more: string[] } {
  /** How many fit into so many lines. */
  const countIn = (lines: number) => {
    let left = lines;
    const first = all.findIndex(one => {
      left -= linesOf(one);
      return left < 0;
    });
    return first < 0 ? all.length : first;
  };
  if (countIn(room) === all.length) return { shown: all, more: [] };
  const shown = all.slice(0, countIn(room - 1));
  return { shown, more: room > 0 ? [words.watch.more(all.length - shown.length)] : [] };
}

/** `2 running, 1 queued`, in the order in which they are first met. */
export function countsOf(statuses: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
}
