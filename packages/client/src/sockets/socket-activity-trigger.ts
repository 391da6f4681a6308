// SocketActivityTrigger (SB-06): what starts a task when something happens to a parked socket.
import { canNetworkWake } from './wake.ts';

export class SocketActivityTrigger {
  readonly type = 'socket-activity';

  /** Whether activity can wake this machine from sleep (SB-07). Where it is false, `enableTransferOwnership` refuses `wake`. */
  static get isWakeFromLowPowerSupported(): boolean {
    return canNetworkWake();
  }
}
