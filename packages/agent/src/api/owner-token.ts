// The token that makes a caller on the Unix socket the owner. Kept over crashes and restarts of the agent, so that a client
// that waits in the keeper's queue is not refused; the keeper removes it at its clean end.
import { LonghaulError } from '@longhaul/agent-protocol';
import { readOwnerToken } from '../launch/credentials.ts';
import type { Paths } from '../paths.ts';
import { writePrivateFile } from '../platform/private-file.ts';
import { newToken } from '../platform/tokens.ts';

export function provideOwnerToken(paths: Paths): string {
  try {
    const kept = readOwnerToken(paths);
    if (kept !== undefined) return kept;
  } catch (error) {
    if (!(error instanceof LonghaulError)) throw error; // not to be trusted: replaced
  }
  const token = newToken();
  writePrivateFile(paths.ownerTokenFile, `${token}\n`);
  return token;
}
