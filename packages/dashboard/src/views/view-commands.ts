// What the views ask of the page.
import type { TransferLimitsRequest } from '@longhaul/agent-protocol';
import type { TransferAction } from '../transfers/transfer-actions.ts';
import type { BulkAction, ViewEvent } from '../view-state.ts';

export interface ViewCommands {
  act(action: TransferAction, id: string): void;
  dismiss(id: string): void;
  actOnAll(action: BulkAction): void;
  /** Bytes a second; `null` takes the limit away. */
  limit(id: string, bytesPerSecond: number | null): void;
  /** Of all transfers together; what is left out stays as it is. */
  setLimits(limits: TransferLimitsRequest): void;
  /** The page is to be seen in another way; nothing for the agent. */
  view(event: ViewEvent): void;
  /** Opens the details of a row of the list that is seen, or closes them; the address follows. */
  open(id: string | null): void;
  /** As `open`, for a run of the open task. */
  openRun(id: string | null): void;
  /** By `app/id`: ends its connection, or forgets one that is over. */
  removeSocket(id: string): void;
  cancelRun(id: string): void;
}
