// PURE. Parked sockets as `longhaul sockets watch` shows them: those that changed last come first.
import type { SocketChange, SocketRecord } from '@longhaul/client';
import { safeText } from '../output/safe-text.ts';
import { socketStatusText, socketsText } from '../output/socket-text.ts';
import { shorten } from '../output/table.ts';
import { words } from '../words.ts';
import { countsOf, fitted, footOf, framed, type Paint, roomFor, type WatchWindow, widthOf } from './watch-window.ts';
import type { Watched } from './watched.ts';

const nameOf = (change: SocketChange) => (change.type === 'removed' ? change.name : change.record);
/** An app's id has no slash. */
const keyOf = ({ app, id }: { readonly app: string; readonly id: string }): string => `${app}/${id}`;

export class WatchedSockets implements Watched<SocketChange> {
  readonly #app: string | undefined;
  readonly #records = new Map<string, SocketRecord>();

  /** `app`: only its own. */
  constructor(app?: string) {
    this.#app = app;
  }

  isOther(change: SocketChange): boolean {
    return this.#app !== undefined && nameOf(change).app !== this.#app;
  }

  changed(change: SocketChange): readonly string[] {
    const { app, id } = nameOf(change);
    const key = keyOf({ app, id });
    const subject = `${app} ${safeText(id)}`;
    if (change.type === 'removed') {
      this.#records.delete(key);
      return [`${subject}: ${words.watch.removed}`];
    }
    const { record } = change;
    const before = this.#records.get(key);
    this.#records.set(key, record);
    const state = stateText(record);
    return before !== undefined && stateText(before) === state ? [] : [`${subject}: ${state}`];
  }

  json(change: SocketChange): object {
    return change.type === 'removed' ? { ...change.name, removed: true } : change.record;
  }

  caughtUp(): string | undefined {
    return this.#records.size === 0 ? words.notices.noSockets : undefined;
  }

  frame(window: WatchWindow, now: number, paint: Paint): readonly string[] {
    const width = widthOf(window);
    const all = [...this.#records.values()].sort((a, b) => b.since - a.since);
    const foot = footOf(
      window,
      all.length === 0 ? words.notices.noSockets : countsOf(all.map(socketStatusText)),
      paint,
    );
    const { shown, more } = fitted(all, roomFor(window, foot) - 1, ({ why }) => (why === null ? 1 : 2));
    const lines = shown.length === 0 ? [] : socketsText(shown, now, width);
    return framed(
      window,
      [...lines, ...more].map(line => shorten(line, width)),
      foot,
    );
  }
}

const stateText = (record: SocketRecord): string =>
  record.why === null ? socketStatusText(record) : `${socketStatusText(record)}: ${safeText(record.why)}`;
