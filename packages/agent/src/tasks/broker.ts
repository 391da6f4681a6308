// What the tasks room needs of the sockets: the socket that a run is about, and whose words a host's other words are.
import type { ClosedSocket, FromSocketDoor, LentSocket, SocketReason, ToSocketDoor } from '@longhaul/agent-protocol';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import type { RunRow } from './runs-table.ts';

/** A run as the sockets know it. */
export interface SocketRun {
  readonly id: string;
  readonly app: string;
  readonly taskId: string;
  readonly reason: SocketReason;
  readonly socketId: string;
  readonly attempt: number;
}

/** A host as the sockets know it: somebody at the other end of their wire, until `hostEnded`. The same object each time. */
export interface HostSeat {
  readonly by: 'host';
  readonly app: string;
  readonly pid: number;
  /** The descriptors stay the caller's. */
  say(message: FromSocketDoor, descriptors?: readonly Descriptor[]): void;
}

/** Of a closed socket there is `closed` and nothing else. The descriptor is the receiver's. */
export interface LentForRun {
  readonly socket: LentSocket | null;
  readonly descriptor: Descriptor | null;
  readonly closed: ClosedSocket | null;
}

export type RunOutcome = 'completed' | 'failed' | 'canceled';

export interface TaskBroker {
  /** `host` is about to get the run. `obsolete`: there is nothing to run for any more. Asked again for every attempt. */
  lend(run: SocketRun, host: HostSeat): Promise<LentForRun | 'obsolete'>;
  /** Once for every run that was triggered, when it is over. */
  over(run: SocketRun, outcome: RunOutcome): void;
  /** The descriptors are the receiver's. */
  said(host: HostSeat, message: ToSocketDoor, descriptors: readonly Descriptor[]): void;
  /** It is dead. Its runs are `over`, or lent again, right afterwards. */
  hostEnded(host: HostSeat): void;
}

export const socketRunOf = ({ id, app, taskId, trigger, attempt }: RunRow): SocketRun => ({
  id,
  app,
  taskId,
  reason: trigger.reason,
  socketId: trigger.socketId,
  attempt,
});
