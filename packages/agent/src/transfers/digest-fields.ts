// The digest of a whole file as its origin tells it: `Repr-Digest` (RFC 9530, section 3), or `Digest` (RFC 3230) of older
// servers. Pure. What is malformed or of an unknown algorithm says nothing.
import type { ChecksumAlgorithm } from '@longhaul/agent-protocol';
import type { ResponseHead } from './response-head.ts';

export interface FileDigest {
  readonly algorithm: ChecksumAlgorithm;
  /** Lower-case hexadecimal. */
  readonly expected: string;
}

/** The first that is there is taken: SHA-256 is cheaper where the processor knows it, and strong enough. */
const algorithms: readonly { readonly name: ChecksumAlgorithm; readonly bytes: number }[] = [
  { name: 'sha-256', bytes: 32 },
  { name: 'sha-512', bytes: 64 },
];

/** Of a 200 that is the file as it is; `null` when it names no digest that we can compare. */
export function digestOf(head: ResponseHead): FileDigest | null {
  const coding = head.get('content-encoding')?.toLowerCase();
  if (head.status !== 200 || (coding !== undefined && coding !== 'identity')) return null;
  return pick(reprDigests(head.get('repr-digest') ?? '')) ?? pick(digests(head.get('digest') ?? ''));
}

function pick(values: ReadonlyMap<string, string>): FileDigest | null {
  for (const { name, bytes } of algorithms) {
    const base64 = values.get(name);
    if (base64 === undefined) continue;
    const decoded = Buffer.from(base64, 'base64');
    // Buffer skips what is no base64: only what it would write the same way was read as meant.
    if (decoded.byteLength !== bytes || decoded.toString('base64') !== base64) continue;
    return { algorithm: name, expected: decoded.toString('hex') };
  }
  return null;
}

/** A dictionary of byte sequences (RFC 9651): the last member of a name counts. */
function reprDigests(field: string): Map<string, string> {
  const members = field
    .split(',')
    .map(member => /^\s*([a-z*][a-z0-9_.*-]*)\s*=\s*:([A-Za-z0-9+/=]*):\s*(?:;.*)?$/.exec(member));
  return new Map(members.filter(match => match !== null).map(match => [match[1]!, match[2]!]));
}

/** Names without regard to case. */
function digests(field: string): Map<string, string> {
  const members = field.split(',').map(member => /^\s*([A-Za-z0-9-]+)=([A-Za-z0-9+/=]+)\s*$/.exec(member));
  return new Map(members.filter(match => match !== null).map(match => [match[1]!.toLowerCase(), match[2]!]));
}
