// Entry of a vault process, forked by its keeper and by nobody else: opens on the keeper's order, lives as long as the keeper.
import { maxOpenFiles } from '../platform/descriptors.ts';
import { parseVaultOrder, type VaultReport } from './vault-order.ts';
import { VaultServer } from './vault-server.ts';

process.title = 'longhaul-vault';
// Ctrl-C reaches the whole foreground group; the keeper decides what it means.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});

/** Descriptors for Node, the channels and a descriptor on its way. */
const reserved = 128;

let server: VaultServer | undefined;

process.on('message', value => {
  const order = parseVaultOrder(value);
  if (order === undefined || server !== undefined) return;
  try {
    const capacity = Math.min(order.maxSockets, maxOpenFiles() - reserved);
    server = new VaultServer({ path: order.path, key: order.key, capacity });
    report({ type: 'opened' });
  } catch (error) {
    report({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.disconnect?.();
  }
});
process.on('disconnect', () => {
  server?.[Symbol.dispose]();
  process.exit();
});

function report(message: VaultReport): void {
  process.send?.(message);
}
