// What came of a command that was given several things (transfers, sockets, runs): a result for each, in the order they were given.
import type { TransferRecord } from '@longhaul/agent-protocol';
import type { CommandContext } from './context.ts';
import { exitCodeOf, exitCodeOfAll } from './exit-codes.ts';
import { listText } from './output/record-text.ts';
import { words } from './words.ts';

/** `record` is missing where nothing is known of it; `code` is what the command would exit with for it alone. */
export interface Result<Record = TransferRecord> {
  readonly record?: Record;
  readonly code: number;
}

export interface Outcome<Record = TransferRecord> {
  /** One was asked for: one record is shown, not an array, and its code is the exit code. */
  readonly isOne: boolean;
  readonly results: readonly Result<Record>[];
  /** In place of what the results say: a signal, a time-out. */
  readonly exitCode?: number;
}

/** At most so many are under way at a time: the agent commits them in groups. */
const atATime = 50;

/** Does one piece of work for each of `items`; tells errors, with what they are about when there are several. */
export async function forEach<Item, Record>(
  context: CommandContext,
  items: readonly Item[],
  isOne: boolean,
  about: (item: Item) => string,
  work: (item: Item) => Promise<Record>,
): Promise<Outcome<Record>> {
  const results: Result<Record>[] = [];
  const one = async (item: Item): Promise<Result<Record>> => {
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

export const recordsOf = <Record>(outcome: Outcome<Record>): Record[] =>
  outcome.results.flatMap(({ record }) => (record ? [record] : []));

/** `lines`: what people see of the records; `noneMatches`: what they are told when there are none. */
export function showOutcome<Record>(
  context: CommandContext,
  outcome: Outcome<Record>,
  lines: (records: readonly Record[]) => readonly string[],
  noneMatches: string = words.notices.noneMatches,
): number {
  const records = recordsOf(outcome);
  if (outcome.results.length === 0) context.output.notice(noneMatches);
  if (!outcome.isOne) context.output.data(records, records.length > 0 ? lines(records) : []);
  else if (records[0]) context.output.data(records[0], lines(records));
  return outcome.exitCode ?? exitCodeOfAll(outcome.results.map(({ code }) => code));
}

/** As `showOutcome`, with the table of transfers. */
export const showTransfers = (context: CommandContext, outcome: Outcome): number =>
  showOutcome(context, outcome, records => listText(records, context.output.width));
