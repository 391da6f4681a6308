// What a vault refuses, as an error with a code.
import { LonghaulError } from '@longhaul/agent-protocol';
import type { VaultRefusal } from '../keeper/vault-wire.ts';

export function refusalError(id: string, refused: VaultRefusal): LonghaulError {
  switch (refused) {
    case 'full':
      return new LonghaulError('quota-exceeded', `no vault has room for the socket ${id}`);
    case 'other-socket':
      return new LonghaulError('already-exists', `another socket is parked as ${id}`);
    case 'not-watchable':
      return new LonghaulError('invalid-argument', `what came as ${id} is no socket`);
    case 'not-held':
      return new LonghaulError('not-found', `no socket ${id} is parked`);
    case 'stale-lease':
      return new LonghaulError('illegal-state', `the socket ${id} was handed out again since, or is not handed out`);
  }
}
