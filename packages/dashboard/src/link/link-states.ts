// The page's tie to the agent, as one table: a single-use link is exchanged for a session, the session holds a
// connection, the connection may be lost and come back, and a session dies with its agent. Pure.

/** Why the page cannot go on without a new link. */
export type NeedsLinkReason =
  /** Opened by hand or reloaded: there was no code in the address. */
  | 'no-code'
  /** The code was used before or is older than a minute. */
  | 'link-refused'
  /** Nobody answered at this address while the code was exchanged. */
  | 'agent-unreachable'
  /** The agent no longer knows this session: tokens die with the agent. */
  | 'session-ended';

export type Link =
  | { readonly name: 'signing-in' }
  | { readonly name: 'connecting' }
  | { readonly name: 'live' }
  /** `nextAttemptAt` is `null` while an attempt is under way. Times are milliseconds since the epoch. */
  | { readonly name: 'reconnecting'; readonly since: number; readonly nextAttemptAt: number | null }
  | { readonly name: 'needs-link'; readonly why: NeedsLinkReason; readonly since: number };

export type LinkEvent =
  | { readonly type: 'code-found' }
  | { readonly type: 'code-missing'; readonly at: number }
  | { readonly type: 'login-accepted' }
  | { readonly type: 'login-failed'; readonly why: 'link-refused' | 'agent-unreachable'; readonly at: number }
  | { readonly type: 'attempt-started' }
  | { readonly type: 'connected' }
  | { readonly type: 'connection-lost'; readonly at: number; readonly nextAttemptAt: number }
  | { readonly type: 'session-refused'; readonly at: number };

type Cell<S extends Link['name'], E extends LinkEvent['type']> = (
  link: Extract<Link, { name: S }>,
  event: Extract<LinkEvent, { type: E }>,
) => Link;
type Table = { readonly [S in Link['name']]: { readonly [E in LinkEvent['type']]?: Cell<S, E> } };

const signIn = (): Link => ({ name: 'signing-in' });
const live = (): Link => ({ name: 'live' });
const ended = (_: Link, { at }: { at: number }): Link => ({ name: 'needs-link', why: 'session-ended', since: at });
const lost = (_: Link, event: { at: number; nextAttemptAt: number }): Link => ({
  name: 'reconnecting',
  since: event.at,
  nextAttemptAt: event.nextAttemptAt,
});

const table: Table = {
  'signing-in': {
    'code-found': signIn,
    'code-missing': (_, { at }) => ({ name: 'needs-link', why: 'no-code', since: at }),
    'login-accepted': () => ({ name: 'connecting' }),
    'login-failed': (_, { why, at }) => ({ name: 'needs-link', why, since: at }),
  },
  connecting: {
    'attempt-started': link => link,
    connected: live,
    'connection-lost': lost,
    'session-refused': ended,
  },
  live: {
    'connection-lost': lost,
  },
  reconnecting: {
    'code-found': signIn,
    'attempt-started': link => ({ ...link, nextAttemptAt: null }),
    connected: live,
    // A failed attempt is one more loss; what counts for the reader is when the page was last live.
    'connection-lost': (link, { nextAttemptAt }) => ({ ...link, nextAttemptAt }),
    'session-refused': (link): Link => ({ name: 'needs-link', why: 'session-ended', since: link.since }),
  },
  'needs-link': {
    'code-found': signIn,
  },
};

/** The next state; a cell that is not in the table is a fault of the page and throws. */
export function stepLink(link: Link, event: LinkEvent): Link {
  const cell = table[link.name][event.type] as Cell<Link['name'], LinkEvent['type']> | undefined;
  if (cell === undefined) throw new Error(`no step for "${event.type}" while the link is "${link.name}"`);
  return cell(link as never, event as never);
}

/** True where a link opened in this tab would help. A live page has no use for a second session. */
export const wantsCode = (link: Link): boolean => table[link.name]['code-found'] !== undefined;
