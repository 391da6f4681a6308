// What a person may do with a transfer in its present state (section 3.5, BT-52, BT-54, BT-55). Pure.
import { isTerminal, type TransferRecord } from '@longhaul/agent-protocol';

export type TransferAction = 'pause' | 'resume' | 'cancel' | 'remove';

/** The allowed actions, in the order of their buttons. */
export function allowedActions(record: TransferRecord): readonly TransferAction[] {
  if (isTerminal(record.status)) return ['remove'];
  switch (record.status) {
    case 'running':
      return ['pause', 'cancel'];
    case 'paused-by-application':
    case 'paused-recoverable-web-error':
      return ['resume', 'cancel'];
    default:
      return ['cancel'];
  }
}
