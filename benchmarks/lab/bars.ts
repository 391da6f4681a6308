// What a question's result is held against, and the words in which README tells it. Pure.
import { rounded } from './statistics.ts';

export interface Bar {
  /** What is compared with what, for people. */
  readonly what: string;
  readonly unit: '×' | 'MiB' | 'bytes' | 'µs';
  readonly atMost: number;
  /** `null` where the run could not bring about what the bar is about; `figures` then says why. */
  readonly measured: number | null;
  /** `null` as `measured`. */
  readonly isMet: boolean | null;
  /** How far above the bar, in percent of the bar; `null` when it is met or not measured. */
  readonly missedByPercent: number | null;
  /** The absolute figures behind it. */
  readonly figures: string;
}

export type BarInput = Pick<Bar, 'what' | 'unit' | 'atMost' | 'measured' | 'figures'>;

export function judge({ what, unit, atMost, measured, figures }: BarInput): Bar {
  if (measured === null) return { what, unit, atMost, measured, isMet: null, missedByPercent: null, figures };
  const isMet = measured <= atMost;
  const missedByPercent = isMet ? null : Math.ceil((measured / atMost - 1) * 100);
  return { what, unit, atMost, measured: rounded(measured), isMet, missedByPercent, figures };
}

export const amount = (value: number, unit: Bar['unit']): string =>
  unit === '×' ? `${value.toFixed(2)}×` : `${value.toFixed(unit === 'µs' ? 2 : 0)} ${unit}`;

export function verdict(bar: Bar): string {
  if (bar.isMet === null) return 'not measured';
  return bar.isMet ? 'met' : `**missed by ${bar.missedByPercent} %**`;
}
