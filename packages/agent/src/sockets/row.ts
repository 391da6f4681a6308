// A parked socket as the store keeps it, and as clients see it.
import type { SocketKind, SocketRecord, StandbyAction } from '@longhaul/agent-protocol';
import { publicStatus, type SocketState } from './socket-states.ts';

export interface SocketRow {
  readonly seq: number;
  readonly app: string;
  /** As the app names it. */
  readonly id: string;
  /** Names the hand-over, and the holding in the vault. */
  readonly key: string;
  readonly kind: SocketKind;
  readonly taskId: string;
  readonly wake: StandbyAction;
  readonly localAddress: string | null;
  readonly remoteAddress: string | null;
  readonly state: SocketState;
  readonly since: number;
  readonly keepAliveMs: number | null;
  readonly keepAliveAt: number | null;
  readonly contextBytes: number;
  readonly transfers: number;
  readonly wakes: number;
  readonly lastWakeAt: number | null;
  /** Of its runs, one after the other. */
  readonly failures: number;
  /** The last lease that was handed back: said again, it is still handed back. 0: none. */
  readonly returnedLease: number;
  /** There are bytes, read and not used, that its task has not seen, or not with success: it is woken for them (decision 161). */
  readonly hasNews: boolean;
}

/** What the app gave along. */
export interface Contents {
  readonly context: Uint8Array | null;
  readonly leftover: Uint8Array | null;
}

export const toRecord = (row: SocketRow): SocketRecord => ({
  app: row.app,
  id: row.id,
  kind: row.kind,
  status: publicStatus[row.state.name],
  taskId: row.taskId,
  wake: row.wake,
  localAddress: row.localAddress,
  remoteAddress: row.remoteAddress,
  keepAliveMs: row.keepAliveMs,
  keepAliveAt: row.keepAliveAt,
  contextBytes: row.contextBytes,
  since: row.since,
  restsUntil: row.state.name === 'resting' ? row.state.until : null,
  transfers: row.transfers,
  wakes: row.wakes,
  lastWakeAt: row.lastWakeAt,
  holder: row.state.name === 'lent' ? { pid: row.state.holder.pid, runId: row.state.holder.runId } : null,
  why: 'why' in row.state ? row.state.why : null,
});
