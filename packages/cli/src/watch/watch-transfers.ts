// ACTS. Follows all transfers, or those that were named, shows them, and ends on a signal, when the reader of stdout has
// gone, or when all have ended. The transfers never notice.
import type { TransferRecord } from '@longhaul/agent-protocol';
import type { Agent } from '@longhaul/client';
import type { CommandContext } from '../context.ts';
import { signalExitCodes, type WaitSignal } from '../exit-codes.ts';
import { words } from '../words.ts';
import { watchDisplay } from './watch-display.ts';
import { WatchedTransfers } from './watched-transfers.ts';

export interface WatchOptions {
  /** Full ids; `undefined` = everything, also what comes later. */
  readonly named: ReadonlySet<string> | undefined;
  readonly untilDone: boolean;
}

type End = WaitSignal | 'all-ended' | 'reader-gone';

/** Gives the exit code. @throws LonghaulError `agent-not-reachable` when the agent stays away for 30 s */
export async function watchTransfers(context: CommandContext, agent: Agent, options: WatchOptions): Promise<number> {
  const { output } = context;
  const watched = new WatchedTransfers(options.named);
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<End>();
  using display = watchDisplay(output, watched);
  using following = new DisposableStack();
  following.use(context.surroundings.onEndSignal(end));
  const readerIsGone = () => end('reader-gone');
  output.stdout.once('error', readerIsGone);
  following.defer(() => output.stdout.off('error', readerIsGone));

  let isCaughtUp = false;
  const endWhenDone = () => {
    if (options.untilDone && isCaughtUp && watched.haveAllEnded) end('all-ended');
  };
  following.use(
    agent.transfers.followAll({
      changed(record: TransferRecord) {
        if (!watched.has(record.id)) return;
        watched.changed(record);
        display.changed(record);
        endWhenDone();
      },
      removed(id) {
        if (!watched.has(id)) return;
        watched.removed(id);
        display.removed(id);
        endWhenDone();
      },
      caughtUp() {
        isCaughtUp = true;
        watched.caughtUp();
        display.caughtUp();
        endWhenDone();
      },
      lost() {
        isCaughtUp = false;
        display.lost();
      },
      failed: fail,
    }),
  );
  const how = await ended;
  following.dispose();
  display[Symbol.dispose]();
  return tellEnd(context, how, watched, options);
}

function tellEnd({ output }: CommandContext, end: End, watched: WatchedTransfers, { untilDone }: WatchOptions): number {
  if (end === 'all-ended') {
    for (const { id, error } of watched.failures) output.error(error, id);
    return watched.exitCode;
  }
  if (end === 'reader-gone') return 0;
  const unfinished = watched.unfinished.map(({ id }) => id);
  if (unfinished.length > 0) output.notice(words.notices.leftRunning(unfinished));
  // Ctrl-C is how watching ends; only who waits for the end has not got what they asked for.
  return end === 'SIGINT' && !untilDone ? 0 : signalExitCodes[end];
}
