// The rates of the last minute as a plot and in words. Pure.
import { limitInWords, rateInWords } from '../words/amounts.ts';

/** The plot's own units: ten to a second, so many seconds, the newest at the right. */
export const plotWidth = 600;
export const plotHeight = 100;
const perSecond = 10;

export interface RatePlot {
  /** Through the middle of each second; points as SVG writes them. */
  readonly line: string;
  /** The same, closed along the bottom. */
  readonly area: string;
  /** What to say of each second when it is pointed at. */
  readonly seconds: readonly { readonly x: number; readonly words: string }[];
  /** The rate at the upper edge. */
  readonly top: string;
  /** How high the transfer's own limit lies, and the limit in words; `null` where it has none, or one far above what comes. */
  readonly limit: { readonly y: number; readonly words: string } | null;
  readonly words: string;
}

/** `null` when there is nothing to see. `rates`: bytes of each whole second, oldest first. */
export function plotOf(rates: readonly number[], limit: number | null): RatePlot | null {
  const highest = Math.max(0, ...rates);
  if (highest === 0) return null;
  const isLimitSeen = limit !== null && limit <= 2 * highest;
  const top = niceRate(Math.max(highest, isLimitSeen ? limit : 0));
  const left = (index: number) => plotWidth - (rates.length - index) * perSecond;
  const y = (rate: number) => round(plotHeight * (1 - rate / top));
  const points = rates.map((rate, index) => `${left(index) + perSecond / 2},${y(rate)}`);
  const [start, end] = [left(0) + perSecond / 2, plotWidth - perSecond / 2];
  return {
    line: points.join(' '),
    area: [`${start},${plotHeight}`, ...points, `${end},${plotHeight}`].join(' '),
    seconds: rates.map((rate, index) => ({
      x: left(index),
      words: `${rateInWords(rate)}, ${rates.length - index} s ago`,
    })),
    top: limitInWords(top),
    limit: isLimitSeen ? { y: y(limit), words: `limit ${limitInWords(limit)}` } : null,
    words: wordsOf(rates, highest),
  };
}

function wordsOf(rates: readonly number[], highest: number): string {
  const average = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const span = rates.length * perSecond < plotWidth ? ` in ${rates.length} s` : '';
  return `${rateInWords(average)} on average${span}, ${rateInWords(highest)} at its peak`;
}

const roundNumbers = [1, 10, 100].flatMap(by => [1, 1.5, 2, 3, 4, 5, 6, 8].map(step => step * by));

/** The next round number of B, KiB, MiB, … */
function niceRate(rate: number): number {
  for (let unit = 1; ; unit *= 1_024) {
    const step = roundNumbers.find(candidate => candidate * unit >= rate);
    if (step !== undefined) return step * unit;
  }
}

const round = (units: number): number => Math.round(units * 10) / 10;
