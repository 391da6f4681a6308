// What the transfers room tells.
import type { TransferLimitsRecord, TransferRecord } from '@longhaul/agent-protocol';

/** A fact in the past tense. At most 10 a second for one transfer that has not ended; the last state is never left out. */
export type TransferFact =
  | { readonly type: 'changed'; readonly record: TransferRecord }
  | { readonly type: 'removed'; readonly id: string; readonly app: string }
  | { readonly type: 'limits'; readonly limits: TransferLimitsRecord };
