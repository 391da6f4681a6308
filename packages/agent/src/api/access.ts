// Who is calling, from the door a connection came through and the token it shows. What a caller may do is in its scope; the
// verbs that not everybody has are listed in agent-hub.ts.
import type { IncomingMessage } from 'node:http';
import type { Via } from '../keeper/wire.ts';
import { isSameToken } from '../platform/tokens.ts';
import type { Scope } from '../scope.ts';

export interface Caller {
  /** For the hub: what names the caller over its connections. */
  readonly id: string;
  readonly via: Via;
  readonly scope: Scope;
}

export interface TokenBooks {
  readonly ownerToken: string;
  /** The app whose grant holds this token. */
  readonly appOf: (token: string) => string | undefined;
  readonly isSession: (token: string) => boolean;
}

/** Owner and apps exist only on the Unix socket, dashboard sessions only on the loopback port. */
export function callerByToken(via: Via, token: string, books: TokenBooks): Caller | undefined {
  if (via === 'loopback')
    return books.isSession(token) ? { id: 'browser', via, scope: { role: 'browser' } } : undefined;
  if (isSameToken(token, books.ownerToken)) return { id: 'owner', via, scope: { role: 'owner' } };
  const app = books.appOf(token);
  return app === undefined ? undefined : { id: `app:${app}`, via, scope: { role: 'app', app } };
}

/** The token of `Authorization: Bearer`, the only place where one is looked for. */
export function bearerToken(request: Pick<IncomingMessage, 'headers'>): string | undefined {
  return /^bearer ([0-9a-f]{64})$/i.exec(request.headers.authorization ?? '')?.[1];
}
