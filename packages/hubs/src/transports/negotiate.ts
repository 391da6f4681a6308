// The answer to negotiate (§2). Decides only: which version, and the exact text of the answer.
import type { TransportName } from '../options.ts';
import type { DirectoryEntry } from './connection-directory.ts';

/** The highest `negotiateVersion` we speak; higher ones are answered with this. */
const highestVersion = 1;

const transportText: Readonly<Record<TransportName, string>> = Object.freeze({
  WebSockets: '{"transport":"WebSockets","transferFormats":["Text","Binary"]}',
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

/** Keys in the order the .NET server writes them. */
export function writeNegotiateAnswer(
  version: number,
  entry: DirectoryEntry<unknown>,
  transports: readonly TransportName[],
): string {
  const token = version > 0 ? `,"connectionToken":"${entry.connectionToken}"` : '';
  const available = transports.map(name => transportText[name]).join(',');
  return `{"negotiateVersion":${version},"connectionId":"${entry.connectionId}"${token},"availableTransports":[${available}]}`;
}

export const writeNegotiateError = (error: string): string => JSON.stringify({ error });

function parseInteger(text: string): number | undefined {
  const value = /^\s*[+-]?\d{1,10}\s*$/.test(text) ? Number(text) : Number.NaN;
  return value >= -2_147_483_648 && value <= 2_147_483_647 ? value : undefined;
}
