// PURE. Request headers from the command line, a file or the environment: `Name: value`, one a line.
import { LonghaulError } from '@longhaul/agent-protocol';
import { type HeaderPair, headerPair } from '@longhaul/client';

/** Headers whose values are secrets: in arguments every user of the machine can read them (`ps`). */
const secretNames = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'x-auth-token']);

export const isSecretHeader = (name: string): boolean => secretNames.has(name.toLowerCase());

/** @throws LonghaulError `invalid-header`; the message never repeats the value */
export function parseHeader(line: string): HeaderPair {
  const colon = line.indexOf(':');
  if (colon < 1) throw new LonghaulError('invalid-header', 'a header is written "Name: value"');
  return headerPair(line.slice(0, colon), line.slice(colon + 1));
}

/** Empty lines and lines that begin with `#` are passed over. `source` names the file in messages. */
export function parseHeaderLines(text: string, source: string): HeaderPair[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    try {
      return [parseHeader(line)];
    } catch (cause) {
      throw new LonghaulError('invalid-header', `${source}, line ${index + 1}: ${(cause as Error).message}`, { cause });
    }
  });
}
