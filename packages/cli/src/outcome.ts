// What came of a command that was given several transfers: a result for each, in the order they were given.
import type { TransferRecord } from '@longhaul/agent-protocol';
import type { CommandContext } from './context.ts';
import { exitCodeOf, exitCodeOfAll } from './exit-codes.ts';
import { listText } from './output/record-text.ts';
import { words } from './words.ts';

/** `record` is missing where nothing is known of the transfer; `code` is what the command would exit with for it alone. */
export interface Result {
  readonly record?: TransferRecord;
  readonly code: number;
}

export interface Outcome {
  /** One was asked for: one record is shown, not an array, and its code is the exit code. */
  readonly isOne: boolean;
  readonly results: readonly Result[];
  /** In place of what the results say: a signal, a time-out. */
  readonly exitCode?: number;
}

/** At most so many are under way at a time: the agent commits them in groups. */
const atATime = 50;

/** Does one piece of work for each of `items`; tells errors, with what they are about when there are several. */
export async function forEach<Item>(
  context: CommandContext,
  items: readonly Item[],
  isOne: boolean,
  about: (item: Item) => string,
  work: (item: Item) => Promise<TransferRecord>,
): Promise<Outcome> {
  const results: Result[] = [];
  const one = async (item: Item): Promise<Result> => {
    try {
      return { record: await work(item), code: 0 };
    } catch (error) {
      context.output.error(error, isOne ? undefined : about(item));
      return { code: exitCodeOf(error) };
    }
  };
  for (let start = 0; start < items.length; start += atATime) {
    results.push(...(await Promise.all(items.slice(start, start + atATime).map(one))));
  }
  return { isOne, results };
}

export const recordsOf = (outcome: Outcome): TransferRecord[] =>
  outcome.results.flatMap(({ record }) => (record ? [record] : []));

/** `lines`: what people see of the records; the table where it is not given. */
export function showOutcome(
  context: CommandContext,
  outcome: Outcome,
  lines: (records: readonly TransferRecord[]) => readonly string[] = records => listText(records, context.output.width),
): number {
  const records = recordsOf(outcome);
  if (outcome.results.length === 0) context.output.notice(words.notices.noneMatches);
  if (!outcome.isOne) context.output.data(records, records.length > 0 ? lines(records) : []);
  else if (records[0]) context.output.data(records[0], lines(records));
  return outcome.exitCode ?? exitCodeOfAll(outcome.results.map(({ code }) => code));
}
