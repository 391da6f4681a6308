// ACTS. --wait: follows transfers until they end, shows progress, and stops waiting (never the transfers) on a signal or
// when the time is over.
import { isTerminal, LonghaulError, type TransferRecord } from '@longhaul/agent-protocol';
import type { Agent } from '@longhaul/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDurationMs } from './arguments/duration.ts';
import type { CommandContext } from './context.ts';
import { errorOfRecord, exitCodeOf, signalExitCodes, timedOut, type WaitSignal } from './exit-codes.ts';
import { type Outcome, type Result, recordsOf } from './outcome.ts';
import { type ProgressMode, progressDisplay, progressModes } from './output/progress.ts';
import { formatDuration } from './output/units.ts';
import { statusOf, words } from './words.ts';

export interface WaitOptions {
  readonly wait?: true;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly progress: ProgressMode;
}

export function addWaitOptions(command: Command): Command {
  return command
    .option('-w, --wait', words.options.wait)
    .option('--timeout <time>', words.options.timeout, parseTimeout)
    .addOption(new Option('--progress <mode>', words.options.progress).choices(progressModes).default('auto'));
}

function parseTimeout(text: string): number {
  try {
    return parseDurationMs(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** The outcome once every transfer has ended, or as it is when waiting was ended. */
export async function waitForTransfers(
  context: CommandContext,
  agent: Agent,
  outcome: Outcome,
  options: WaitOptions,
): Promise<Outcome> {
  const { output } = context;
  const latest = new Map(recordsOf(outcome).map(record => [record.id, record]));
  using display = progressDisplay(output.options.quiet ? 'none' : options.progress, output.stderr);
  using followings = new DisposableStack();
  const { promise: interrupted, resolve: interrupt } = Promise.withResolvers<WaitSignal | 'timed-out'>();
  followings.use(context.surroundings.onEndSignal(interrupt));
  const timer = options.timeout && setTimeout(() => interrupt('timed-out'), options.timeout);
  followings.defer(() => clearTimeout(timer));

  const failures = new Map<string, unknown>();
  const ends = [...latest.keys()].map(id => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const fail = (error: unknown) => {
      failures.set(id, error);
      resolve();
    };
    const following = agent.transfers.follow(id, {
      changed(record) {
        latest.set(id, record);
        display.show(record);
        if (isTerminal(record.status)) resolve();
      },
      removed: () =>
        fail(
          new LonghaulError('not-found', `transfer ${id} was removed while it was waited for`, { subject: 'transfer' }),
        ),
      failed: fail,
    });
    followings.use(following);
    return promise.finally(() => following[Symbol.dispose]());
  });
  const end = await Promise.race([Promise.all(ends).then(() => 'ended' as const), interrupted]);
  display[Symbol.dispose]();

  const results = outcome.results.map(result => endOf(context, outcome.isOne, result, latest, failures));
  if (end === 'ended') return { ...outcome, results };
  const unfinished = [...latest.values()].filter(record => !isTerminal(record.status));
  return { ...outcome, results, exitCode: tellInterruption(context, end, unfinished, options) };
}

function endOf(
  { output }: CommandContext,
  isOne: boolean,
  result: Result,
  latest: ReadonlyMap<string, TransferRecord>,
  failures: ReadonlyMap<string, unknown>,
): Result {
  const record = result.record && latest.get(result.record.id);
  if (!record) return result;
  const error = failures.get(record.id) ?? errorOfRecord(record);
  if (error === undefined) return { record, code: 0 };
  output.error(error, isOne ? undefined : record.id);
  return { record, code: exitCodeOf(error) };
}

function tellInterruption(
  { output }: CommandContext,
  end: WaitSignal | 'timed-out',
  unfinished: readonly TransferRecord[],
  options: WaitOptions,
): number {
  if (end !== 'timed-out') {
    output.warning(words.notices.leftRunning(unfinished.map(record => record.id)));
    return signalExitCodes[end];
  }
  output.error(
    new LonghaulError(
      'wait-timeout',
      words.notices.timedOut(formatDuration(options.timeout ?? 0), unfinished.map(statusOf)),
    ),
  );
  return timedOut;
}
