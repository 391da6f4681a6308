// ACTS. Watches on every link as long as somebody needs it: asks, takes the picture, waits until the link is lost, asks again.
import { type AgentConnection, maxLostAnswers, notReachable } from '../connection/connection.ts';
import type { Link } from '../connection/link.ts';
import { LinkLostError } from '../connection/link-lost-error.ts';

export interface LinkWatcher<Picture> {
  isNeeded(): boolean;
  /** About to be asked: what is heard from now on belongs to the picture that comes. */
  asking(): void;
  ask(link: Link): Promise<Picture>;
  unanswered(): void;
  arrived(picture: Picture): void;
  lost(): void;
}

/** Resolves when nobody needs it any more. @throws LonghaulError `agent-not-reachable`, `detached`, as the agent answered */
export async function watchEachLink<Picture>(
  connection: AgentConnection,
  watcher: LinkWatcher<Picture>,
): Promise<void> {
  for (let lost = 0; watcher.isNeeded(); ) {
    const link = await connection.link();
    watcher.asking();
    let picture: Picture;
    try {
      picture = await watcher.ask(link);
    } catch (error) {
      watcher.unanswered();
      if (!(error instanceof LinkLostError)) throw error;
      if (++lost >= maxLostAnswers) throw notReachable(error);
      await link.closed;
      continue;
    }
    lost = 0;
    watcher.arrived(picture);
    await link.closed;
    watcher.lost();
  }
}
