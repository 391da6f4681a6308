// EnableTransferOwnership (SB-09 to SB-12): before a socket is bound or connected it is tied to the task that its activity is
// going to start.
import { Server, Socket } from 'node:net';
import { whyNotSupported } from '@longhaul/agent/kernel';
import type { StandbyAction } from '@longhaul/agent-protocol';
import { isUuid, LonghaulError, standbyActions } from '@longhaul/agent-protocol/plain';
import { mustBeObject, unfit } from '../arguments.ts';
import { type BrokeredSocket, enabledSockets, inheritEnabling, kindOf, mustBeHere } from './brokered-sockets.ts';
import { isUnbound, isUnheard } from './node-internals.ts';
import { canNetworkWake } from './wake.ts';

export interface EnableTransferOwnershipOptions {
  /** `taskId` of the registration whose task is started. */
  readonly taskId: string;
  /** Whether activity is to wake a sleeping machine (SB-09). Default `do-not-wake` (SB-10). */
  readonly wake?: StandbyAction;
}

/**
 * Allows a socket to be handed over later. Call it before `connect`, `bind` or `listen`; connections that an enabled
 * `net.Server` accepts are enabled with it. A second call replaces what the first one said.
 *
 * @throws LonghaulError `already-bound` (SB-12), `illegal-state` for one that was handed over, `wake-unsupported` (SB-11: try again with `do-not-wake`), `tls-socket`,
 * `invalid-argument`, `not-supported-here`
 */
export function enableTransferOwnership(socket: BrokeredSocket, options: EnableTransferOwnershipOptions): void {
  mustBeObject('options', options);
  const { taskId, wake = 'do-not-wake' } = options;
  kindOf(socket);
  if (!isUuid(taskId)) throw unfit('a task id', taskId);
  if (!standbyActions.includes(wake)) throw unfit('wake, which is "wake" or "do-not-wake",', wake);
  const whyNot = whyNotSupported();
  if (whyNot !== undefined) throw whyNot;
  mustBeHere(socket);
  if (isBound(socket) && !enabledSockets.has(socket)) {
    throw new LonghaulError('already-bound', 'enable a socket before connect, bind or listen');
  }
  if (wake === 'wake' && !canNetworkWake()) {
    throw new LonghaulError('wake-unsupported', 'no network device of this machine is set up to wake it');
  }
  const isFirst = !enabledSockets.has(socket);
  enabledSockets.set(socket, { taskId, wake });
  if (socket instanceof Server && isFirst) {
    socket.prependListener('connection', connection => inheritEnabling(socket, connection));
  }
}

function isBound(socket: BrokeredSocket): boolean {
  if (socket instanceof Socket) return socket.destroyed || socket.connecting || !socket.pending;
  return socket instanceof Server ? !isUnheard(socket) : !isUnbound(socket);
}
