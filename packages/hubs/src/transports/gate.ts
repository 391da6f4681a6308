// Who may, and who it is: asks `authorize` about every request (§1) and keeps the users of connections up to date (§3, §13).
import type { AnyRequest, AnyResponse } from '@longhaul/websockets';
import type { Allowed, EndpointOptions, endpointDefaults } from '../endpoint-options.ts';
import type { HubUser } from '../hub.ts';
import type { HubLogger } from '../log.ts';
import type { ConnectionIdentity, ServedConnection } from '../served-connection.ts';
import { reply, replyJson } from './answers.ts';
import type { ClientChannel } from './client-channel.ts';
import type { DirectoryEntry } from './connection-directory.ts';
import { refreshError } from './refresh.ts';
import { accessTokenOf } from './request-kind.ts';

type Entry<User> = DirectoryEntry<User, ClientChannel>;
type Step = 'negotiate' | 'connect' | 'refresh';
type Limits = Pick<typeof endpointDefaults, 'closeOnAuthenticationExpiration' | 'disconnectTimeoutMs'>;

export class Gate<User extends HubUser> {
  readonly #options: EndpointOptions<User>;
  readonly #limits: Limits;
  readonly #log: HubLogger;

  constructor(options: EndpointOptions<User>, limits: Limits, log: HubLogger) {
    this.#options = options;
    this.#limits = limits;
    this.#log = log;
  }

  /** May these new credentials take the place of the old ones (§13)? */
  async mayRefresh(
    request: AnyRequest,
    connectionId: string,
    { user, userIdentifier }: ServedConnection,
    refreshedUser: User | undefined,
  ): Promise<boolean> {
    const { onAuthenticationRefresh } = this.#options;
    if (onAuthenticationRefresh === undefined) return this.userIdentifierOf(refreshedUser, request) === userIdentifier;
    const owner = user as User | undefined;
    return (await onAuthenticationRefresh({ request, connectionId, user: owner, refreshedUser })) === true;
  }

  identify(request: AnyRequest, entry: Entry<User>, { user, expiresAt }: Allowed<User>): ConnectionIdentity {
    const whoever = user ?? entry.user;
    return {
      connectionId: entry.connectionId,
      user: whoever,
      userIdentifier: this.userIdentifierOf(whoever, request),
      request,
      authenticationExpiresAt: this.enforced(expiresAt),
      resumeWithinMs: entry.useStatefulReconnect ? this.#limits.disconnectTimeoutMs : undefined,
    };
  }

  userIdentifierOf(user: User | undefined, request: AnyRequest): string | undefined {
    const { userIdProvider } = this.#options;
    return userIdProvider === undefined ? user?.id : userIdProvider(user, request);
  }

  enforced(expiresAt: number | undefined): number | undefined {
    return this.#limits.closeOnAuthenticationExpiration ? expiresAt : undefined;
  }

  /** Later requests of a connection renew its user (§3); another user's are only reported, as in ASP.NET Core. */
  renew({ connection, connectionId }: Entry<User>, { user, expiresAt }: Allowed<User>): void {
    if (connection === undefined || user === undefined) return;
    if (user.id === connection.user?.id) connection.authenticated(user, this.enforced(expiresAt));
    else this.#log.warn({ connectionId }, 'a request of this connection was made by another user');
  }

  /** `undefined` when the request is refused and answered (empty body: clients show the status, §1.1). */
  async authorize(
    request: AnyRequest,
    response: AnyResponse,
    step: Step,
    negotiated: User | undefined,
    query: URLSearchParams,
  ): Promise<Allowed<User> | undefined> {
    const { authorize } = this.#options;
    if (authorize === undefined) return { allowed: true };
    const authorization = await authorize({ request, step, negotiated, accessToken: accessTokenOf(request, query) });
    if (authorization.allowed) return authorization;
    if (step !== 'refresh' || authorization.status !== 401) return void reply(response, authorization.status);
    const { status, text } = refreshError('invalid_token');
    return void replyJson(response, status, text);
  }
}
