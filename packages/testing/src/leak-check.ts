// What a suite must not leave behind: open sockets, servers, watchers, child processes.
import { waitFor } from './wait-for.ts';

const watched = /^(TCP|TLS|Pipe|UDP|Process|FSEvent)/;

function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (watched.test(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Call before the tests; the returned function (for `after`) waits until nothing more is active than at the call. */
export function leakCheck(): () => Promise<void> {
  const before = resources();
  return async () => {
    const extra = () => [...resources()].filter(([name, count]) => count > (before.get(name) ?? 0));
    try {
      await waitFor('everything the suite opened to be closed', () => extra().length === 0);
    } catch (cause) {
      const list = extra().map(([name, count]) => `${count - (before.get(name) ?? 0)} ${name}`);
      throw new Error(`The suite left behind: ${list.join(', ')}`, { cause });
    }
  };
}
