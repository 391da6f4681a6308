// Words of the wire and what follows from them, as far as it needs no schemas (decision 178). Runs in browsers.
import type { RunStatus } from './tasks.ts';
import type { TransferStatus } from './transfers.ts';

/** What happens when the target file exists (BT-32). Default `fail`. */
export const collisionOptions = ['fail', 'unique-name', 'replace'] as const;

/** SocketActivityConnectedStandbyAction (SB-09) in kebab-case. */
export const standbyActions = ['wake', 'do-not-wake'] as const;

/** Of a setting's JSON text. */
export const maxSettingBytes = 8_192;

/** Terminal: nothing but removal, or a retry of what failed or was canceled, follows. */
export const isTerminal = (status: TransferStatus): boolean =>
  status === 'completed' || status === 'canceled' || status === 'error';

export const isRunOver = (status: RunStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'canceled';
