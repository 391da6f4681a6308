// ACTS. Shows what an SDK's watching tells, as a picture on a terminal, as lines of text elsewhere, as lines of JSON for
// programs; ends on a signal, or when the reader of stdout has gone. What is watched never notices. A reader who is slow is
// waited for: meanwhile the SDK keeps the latest of each thing.
import { once } from 'node:events';
import type { WatchState } from '@longhaul/client';
import type { CommandContext } from '../context.ts';
import { signalExitCodes, type WaitSignal } from '../exit-codes.ts';
import { words } from '../words.ts';
import { Picture } from './picture.ts';
import type { Watched } from './watched.ts';

/** How often a picture is painted for the ages in it alone. Milliseconds. */
const ageMs = 1_000;

type Watch<Change> = (options: { readonly signal: AbortSignal }) => AsyncIterable<Change | WatchState>;

/** Gives the exit code. @throws LonghaulError `agent-not-reachable` when the agent stays away for 30 s */
export async function watchChanges<Change extends { readonly type: string }>(
  context: CommandContext,
  watch: Watch<Change>,
  watched: Watched<Change>,
): Promise<number> {
  const { output, surroundings } = context;
  const { stdout } = output;
  const left = new AbortController();
  let endSignal: WaitSignal | undefined;
  using following = new DisposableStack();
  following.use(
    surroundings.onEndSignal(signal => {
      endSignal ??= signal;
      left.abort();
    }),
  );
  const readerIsGone = () => left.abort();
  stdout.once('error', readerIsGone);
  following.defer(() => stdout.off('error', readerIsGone));

  const display = following.use(displayOf(context, watched));
  for await (const told of watch({ signal: left.signal })) {
    if (told.type === 'lost') display.lost();
    else if (told.type === 'caught-up') display.caughtUp();
    else if (!watched.isOther(told as Change)) display.changed(told as Change);
    if (stdout.writableNeedDrain) await once(stdout, 'drain', { signal: left.signal }).catch(() => {});
  }
  // Ctrl-C is how watching ends.
  return endSignal === undefined || endSignal === 'SIGINT' ? 0 : signalExitCodes[endSignal];
}

interface Display<Change> extends Disposable {
  changed(change: Change): void;
  caughtUp(): void;
  lost(): void;
}

function displayOf<Change>({ output }: CommandContext, watched: Watched<Change>): Display<Change> {
  const write = (line: string) => void output.stdout.write(`${line}\n`);
  if (output.options.json) {
    return {
      changed: change => write(JSON.stringify(watched.json(change))),
      caughtUp() {},
      lost() {},
      [Symbol.dispose]() {},
    };
  }
  if (Picture.isPossible(output)) {
    const paint = output.paint.bind(output);
    const picture = new Picture(output, window => watched.frame(window, Date.now(), paint), ageMs);
    return {
      changed(change) {
        watched.changed(change);
        picture.changed();
      },
      caughtUp() {
        watched.caughtUp();
        picture.caughtUp();
      },
      lost: () => picture.lost(),
      [Symbol.dispose]: () => picture[Symbol.dispose](),
    };
  }
  let isAway = false;
  return {
    changed(change) {
      for (const line of watched.changed(change)) write(line);
    },
    caughtUp() {
      const empty = watched.caughtUp();
      if (isAway) output.notice(words.watch.found);
      else if (empty !== undefined) output.notice(empty);
      isAway = false;
    },
    lost() {
      isAway = true;
      output.notice(words.watch.lost);
    },
    [Symbol.dispose]() {},
  };
}
