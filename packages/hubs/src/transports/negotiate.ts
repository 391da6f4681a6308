// The answer to negotiate (§2). Decides only: which version, and the exact text of the answer.
import type { NegotiateRedirect, TransportName } from '../endpoint-options.ts';
import type { NegotiatedConnection } from './connection-directory.ts';

/** The highest `negotiateVersion` we speak; higher ones are answered with this. */
const highestVersion = 1;

const transportText: Readonly<Record<TransportName, string>> = Object.freeze({
  WebSockets: '{"transport":"WebSockets","transferFormats":["Text","Binary"]}',
  ServerSentEvents: '{"transport":"ServerSentEvents","transferFormats":["Text"]}',
  LongPolling: '{"transport":"LongPolling","transferFormats":["Text","Binary"]}',
});

export type NegotiateVersion = { readonly version: number } | { readonly error: string };

/** `requested`: the query parameter, `undefined` when there is none. Errors are answered with status 200. */
export function chooseNegotiateVersion(requested: string | undefined, minimumVersion: number): NegotiateVersion {
  const version = requested === undefined ? 0 : parseInteger(requested);
  if (version === undefined) return { error: 'The client requested a non-integer protocol version.' };
  if (version < minimumVersion) {
    return { error: `The client requested version '${version}', but the server does not support this version.` };
  }
  return { version: Math.min(version, highestVersion) };
}

/** Keys in the order the .NET server writes them. `tokenLifetimeSeconds` (§13) is left out when `undefined`. */
export function writeNegotiateAnswer(
  version: number,
  entry: NegotiatedConnection<unknown>,
  transports: readonly TransportName[],
  tokenLifetimeSeconds?: number,
): string {
  const stateful = entry.useStatefulReconnect === true ? '"useStatefulReconnect":true,' : '';
  const token = version > 0 ? `,"connectionToken":"${entry.connectionToken}"` : '';
  const available = transports.map(name => transportText[name]).join(',');
  const lifetime = tokenLifetimeSeconds === undefined ? '' : `,"tokenLifetimeSeconds":${tokenLifetimeSeconds}`;
  return `{${stateful}"negotiateVersion":${version},"connectionId":"${entry.connectionId}"${token},"availableTransports":[${available}]${lifetime}}`;
}

export function writeNegotiateRedirect(version: number, { url, accessToken }: NegotiateRedirect): string {
  return JSON.stringify({ negotiateVersion: version, url, accessToken, availableTransports: [] });
}

export const writeNegotiateError = (error: string): string => JSON.stringify({ error });

function parseInteger(text: string): number | undefined {
  const value = /^\s*[+-]?\d{1,10}\s*$/.test(text) ? Number(text) : Number.NaN;
  return value >= -2_147_483_648 && value <= 2_147_483_647 ? value : undefined;
}
