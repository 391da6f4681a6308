// What can be watched by the way of `sockets watch` and `tasks watch`: what is known of it, shown in three ways.
import type { Paint, WatchWindow } from './watch-window.ts';

export interface Watched<Change> {
  /** Takes in what has happened. Lines for people without a terminal: none where nothing that they read has changed. */
  changed(change: Change): readonly string[];
  /** A line for programs. */
  json(change: Change): object;
  /** Not asked for. */
  isOther(change: Change): boolean;
  /** Everything that is there has been told. What to say when there is nothing. */
  caughtUp(): string | undefined;
  /** Lines for a terminal. `now` in milliseconds since the epoch. */
  frame(window: WatchWindow, now: number, paint: Paint): readonly string[];
}
