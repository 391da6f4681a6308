// The checksum that a download is to have, checked before anything is sent.
import { ChecksumRequest, LonghaulError } from '@longhaul/agent-protocol';
import { safeParse } from 'valibot';

/** @throws LonghaulError `invalid-argument` */
export function parseChecksum(input: ChecksumRequest): ChecksumRequest {
  const parsed = safeParse(ChecksumRequest, input);
  if (parsed.success) return parsed.output;
  throw new LonghaulError('invalid-argument', `checksum: ${parsed.issues[0].message}`);
}
