// The table of the hub's verbs and roles.
import type { AgentHub, Role } from '@longhaul/agent-protocol';

/** Who may call what. `owner` and `app` exist only on the Unix socket, `browser` only on the loopback port. */
export const verbRoles = Object.freeze({
  createDownload: ['owner', 'app'],
  startTransfer: ['owner', 'app'],
  getTransfer: ['owner', 'app', 'browser'],
  listTransfers: ['owner', 'app', 'browser'],
  watchTransfers: ['owner', 'app', 'browser'],
  pauseTransfer: ['owner', 'app', 'browser'],
  resumeTransfer: ['owner', 'app', 'browser'],
  cancelTransfer: ['owner', 'app', 'browser'],
  removeTransfer: ['owner', 'app', 'browser'],
  retryTransfer: ['owner', 'app', 'browser'],
  cancelAllTransfers: ['owner', 'app', 'browser'],
  removeFinishedTransfers: ['owner', 'app', 'browser'],
  getTransferDetails: ['owner', 'app', 'browser'],
  setTransferLimit: ['owner', 'app', 'browser'],
  getLimits: ['owner', 'app', 'browser'],
  setLimits: ['owner', 'browser'],
  listSockets: ['owner', 'app', 'browser'],
  watchSockets: ['owner', 'app', 'browser'],
  listOwnSockets: ['app'],
  removeSocket: ['owner', 'app', 'browser'],
  getSocketDoor: ['app'],
  getStatus: ['owner', 'app', 'browser'],
  openDashboard: ['owner'],
  registerApp: ['owner'],
  unregisterApp: ['owner'],
  listApps: ['owner'],
  stopAgent: ['owner'],
  restartAgent: ['owner'],
} as const satisfies Record<keyof AgentHub, readonly Role[]>);
