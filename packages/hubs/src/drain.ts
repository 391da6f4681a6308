// Graceful drain: which connection ends when (rolling deploys, reconnect storms). Each has its moment within the spread and
// is closed from then on as soon as none of its calls runs, at the latest when the time is over.
import type { ConnectionEnd } from './connection/end.ts';

export interface DrainOptions {
  /** Milliseconds that calls and streams may still run; then their connections are closed all the same. Default 30,000. */
  readonly timeoutMs?: number;
  /** Milliseconds over which the connections are closed, evenly, in any order. Default 10,000; at most `timeoutMs`. */
  readonly spreadMs?: number;
}

export interface DrainedConnection {
  /** No call of its client runs. */
  readonly isIdle: boolean;
  readonly ended: Promise<void>;
  end(end: ConnectionEnd): void;
}

export const drainDefaults = Object.freeze({ timeoutMs: 30_000, spreadMs: 10_000 });

const lookAgainMs = 20;

/** `connections` may grow meanwhile: what was negotiated before is still opened, and drained with the others. */
export async function drainConnections(
  connections: () => Iterable<DrainedConnection>,
  options: DrainOptions,
): Promise<void> {
  const timeoutMs = options.timeoutMs ?? drainDefaults.timeoutMs;
  const spreadMs = Math.min(options.spreadMs ?? drainDefaults.spreadMs, timeoutMs);
  const startedAt = performance.now();
  const moments = new Map<DrainedConnection, number>();
  const initially = [...connections()];
  for (const [at, connection] of initially.entries()) {
    moments.set(connection, startedAt + (spreadMs * (at + 1)) / initially.length);
  }
  const isOver = (now: number) => now >= startedAt + timeoutMs;
  for (;;) {
    const now = performance.now();
    let isEmpty = true;
    for (const connection of connections()) {
      isEmpty = false;
      const isDue = (moments.get(connection) ?? startedAt) <= now && connection.isIdle;
      if (isDue || isOver(now)) connection.end({ kind: 'server-closed' });
    }
    if (isEmpty || isOver(now)) return;
    await new Promise<void>(resolve => setTimeout(resolve, lookAgainMs));
  }
}
