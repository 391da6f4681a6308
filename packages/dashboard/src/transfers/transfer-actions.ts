// What a person may do with a transfer in its present state (section 3.5, BT-52, BT-54, BT-55). Pure.
import { isTerminal, type TransferRecord } from '@longhaul/agent-protocol';

export type TransferAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'remove';

/** The allowed actions, in the order of their buttons. */
export function allowedActions(record: TransferRecord): readonly TransferAction[] {
  if (isTerminal(record.status)) return record.status === 'completed' ? ['remove'] : ['retry', 'remove'];
  switch (record.status) {
    case 'idle':
      // Only the app that made it starts it; once started it waits for its turn.
      return record.isStarted ? ['pause', 'cancel'] : ['cancel'];
    case 'paused-by-application':
    case 'paused-recoverable-web-error':
      return ['resume', 'cancel'];
    case 'paused-system-policy':
      // Goes on by itself, yet somebody who has made room on the disk need not wait for that.
      return ['resume', 'pause', 'cancel'];
    default:
      return ['pause', 'cancel'];
  }
}
