// Connects to origins over TCP and TLS: SNI, full verification, HTTP/1.1 by ALPN, sessions taken up again.
import { connect, isIP, type OnReadOpts, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, connect as tlsConnect } from 'node:tls';
import type { ConnectionOptions } from './options.ts';

export interface DialerOptions extends Pick<ConnectionOptions, 'maxSessions' | 'nextAddressMs'> {
  /** Certificate authorities in place of the system's (PEM). */
  readonly ca?: string | undefined;
}

export class Dialer {
  readonly #options: DialerOptions;
  /** Made once: reading all authorities for each connection costs more than the connection. */
  #context: SecureContext | undefined;
  /** By origin, oldest first. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** Begins to connect. The socket emits what `connectedEvent` names. */
  dial(url: URL, onread: OnReadOpts): Socket {
    const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
    const isSecure = url.protocol === 'https:';
    const common = {
      host,
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      onread,
      noDelay: true,
      autoSelectFamilyAttemptTimeout: this.#options.nextAddressMs,
    };
    if (!isSecure) return connect(common);
    this.#context ??= createSecureContext(this.#options.ca === undefined ? {} : { ca: this.#options.ca });
    const known = this.#sessions.get(url.origin);
    const socket = tlsConnect({
      ...common,
      secureContext: this.#context,
      // Said, so that no setting of the environment turns it off.
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
      ...(known !== undefined && { session: known }),
    });
    socket.on('session', session => this.#remember(url.origin, session));
    // A session that did not help must not fail the next connection too.
    socket.once('error', () => this.#sessions.delete(url.origin));
    return socket;
  }

  #remember(origin: string, session: Buffer): void {
    this.#sessions.delete(origin);
    this.#sessions.set(origin, session);
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size > this.#options.maxSessions && !oldest.done) this.#sessions.delete(oldest.value);
  }
}

export const connectedEvent = (url: URL): string => (url.protocol === 'https:' ? 'secureConnect' : 'connect');
