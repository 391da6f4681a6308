// README's table of performance, made from the result JSONs: what stands between the two markers is never written by hand.
// Run by itself (and at the end of `npm run bench`) it renews the table in README.md.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { amount, type Bar, verdict } from './lab/bars.ts';

const begin = '<!-- benchmarks:begin -->';
const end = '<!-- benchmarks:end -->';
const folder = import.meta.dirname;
const readme = path.join(folder, '..', 'README.md');

/** What the table uses of a result JSON. */
export interface Result {
  readonly question: string;
  readonly date: string;
  readonly node: string;
  readonly cpus: { readonly count: number };
  readonly bars: readonly Bar[];
}

/** `questions`: all there are; those without a result are named as not measured. */
export function tableOf(questions: readonly string[], results: readonly Result[]): string {
  const lines = ['| question | measured | bar | |', '| --- | --- | --- | --- |'];
  for (const question of questions) {
    const result = results.find(each => each.question === question);
    if (result === undefined) {
      lines.push(`| [${question}](benchmarks/${question}.bench.ts) | not measured yet | | |`);
      continue;
    }
    const link = `[${question}](benchmarks/results/${question}.json)`;
    for (const bar of result.bars) {
      const measured = bar.measured === null ? bar.figures : `${amount(bar.measured, bar.unit)} (${bar.figures})`;
      lines.push(`| ${link}: ${bar.what} | ${measured} | ≤ ${amount(bar.atMost, bar.unit)} | ${verdict(bar)} |`);
    }
  }
  const runs = results.map(
    result => `Node ${result.node.slice(1)}, ${result.cpus.count} cores, ${result.date.slice(0, 10)}`,
  );
  if (runs.length > 0)
    lines.push('', `Medians, every row in one run on one machine (${[...new Set(runs)].sort().join('; ')}).`);
  return lines.join('\n');
}

/** The text with another table between the markers. Throws when they are not there, once and in order. */
export function withTable(text: string, table: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from || text.indexOf(begin, from + 1) >= 0 || text.indexOf(end, to + 1) >= 0) {
    throw new Error(`README.md needs the markers ${begin} and ${end}, once and in this order`);
  }
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}

/** README.md as it is, and as the results of now want it. */
export function readmeNow(): { text: string; wanted: string } {
  const questions = globSync('*.bench.ts', { cwd: folder }).map(file => file.slice(0, -'.bench.ts'.length));
  const results = globSync('results/*.json', { cwd: folder }).map(
    file => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Result,
  );
  const text = readFileSync(readme, 'utf8');
  return { text, wanted: withTable(text, tableOf(questions.sort(), results)) };
}

if (import.meta.main) {
  const { text, wanted } = readmeNow();
  if (text !== wanted) writeFileSync(readme, wanted);
}
