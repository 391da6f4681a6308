// PURE. A checksum that a person gives, as aria2 writes it: `sha-256=HEX`.
import { checksumAlgorithms, LonghaulError } from '@longhaul/agent-protocol';
import type { ChecksumRequest } from '@longhaul/client';

/** How long the digest is, is checked by the SDK. @throws LonghaulError `invalid-argument` */
export function parseChecksumArgument(text: string): ChecksumRequest {
  const match = /^([a-z0-9-]+)=([0-9a-f]+)$/i.exec(text);
  const algorithm = checksumAlgorithms.find(known => known === match?.[1]?.toLowerCase());
  if (match && algorithm) return { algorithm, expected: match[2]!.toLowerCase() };
  throw new LonghaulError(
    'invalid-argument',
    `not a checksum: "${text}"; give ${checksumAlgorithms.map(name => `${name}=HEX`).join(' or ')}`,
  );
}
