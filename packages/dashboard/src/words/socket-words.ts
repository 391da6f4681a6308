// What a parked socket is doing, in words. Pure.
import type { SocketKind, SocketRecord } from '@longhaul/agent-protocol';
import type { SocketGroup } from '../sockets/socket-rows.ts';
import { spanInWords, untilInWords } from './durations.ts';

export const socketGroupWords: { readonly [G in SocketGroup]: string } = {
  orphaned: 'Orphaned',
  awake: 'With a task or an app',
  parked: 'Parked',
  closed: 'Closed',
};

export const socketCountWords: { readonly [G in SocketGroup]: string } = {
  orphaned: 'orphaned',
  awake: 'awake',
  parked: 'parked',
  closed: 'closed',
};

export const socketKindWords: { readonly [K in SocketKind]: string } = {
  'stream-socket': 'Stream',
  'datagram-socket': 'Datagrams',
  'stream-socket-listener': 'Listener',
};

export interface SocketStatusInWords {
  readonly status: string;
  readonly detail: string;
}

export function socketStatusInWords(record: SocketRecord, now: number): SocketStatusInWords {
  const { status, since, holder, restsUntil } = record;
  const span = `for ${spanInWords(now - since)}`;
  switch (status) {
    case 'parked':
      if (restsUntil === null) return { status: 'Parked', detail: span };
      return {
        status: 'Paused',
        detail: restsUntil <= now ? 'next try now' : `next try in ${untilInWords(restsUntil, now)}`,
      };
    case 'signalled':
      return { status: 'Waking its task', detail: span };
    case 'lent':
      if (holder === null) return { status: 'Lent', detail: span };
      return {
        status: holder.runId === null ? 'With its app' : 'With its task',
        detail: `process ${holder.pid}, ${span}`,
      };
    case 'orphaned':
      return { status: 'Orphaned', detail: `${spanInWords(now - since)} ago` };
    case 'closed':
      return { status: 'Closed', detail: `${spanInWords(now - since)} ago` };
  }
}

/** What helps; `null` where nothing has to be done. */
export function socketFix({ status, restsUntil }: SocketRecord): string | null {
  if (restsUntil !== null) return 'The connection stays, and what comes waits. Its last runs say what went wrong.';
  return status === 'orphaned'
    ? 'Its task has to hand it back, or close it, before it ends. The app connects anew and hands over again.'
    : null;
}

/** Only the owner's command ends a connection that lives; a page removes what is over. */
export const isOverSocket = ({ status }: SocketRecord): boolean => status === 'orphaned' || status === 'closed';

/** The command that ends the connection of a socket, as a shell reads it. */
export const endCommand = ({ app, id }: SocketRecord): string =>
  `longhaul sockets remove --app ${app} ${/^[\w./:@-]+$/.test(id) && !id.startsWith('-') ? id : `-- '${id.replaceAll("'", "'\\''")}'`}`;
