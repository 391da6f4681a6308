// The sockets room as a process, to be killed at any moment: its tasks only take notes, so that nobody reads. Speaks with the
// test over IPC.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SocketStatus } from '@longhaul/agent-protocol';
import type { VaultAddress } from '../../src/keeper/vault-wire.ts';
import { migrations } from '../../src/migrations.ts';
import { openSockets, type Sockets } from '../../src/sockets/door.ts';
import { openStore } from '../../src/store/store.ts';
import { apps, FakeTasks, owner, taskId } from './room.ts';

export type Order =
  | {
      readonly type: 'start';
      readonly folder: string;
      /** That the app's sockets name. */
      readonly taskId: string;
      readonly generation: number;
      readonly vaults: readonly VaultAddress[];
    }
  | { readonly type: 'vault'; readonly vault: VaultAddress }
  | { readonly type: 'list' };

export type Report =
  | { readonly type: 'open'; readonly milliseconds: number }
  | { readonly type: 'open-vault' }
  /** By socket. */
  | { readonly type: 'list'; readonly statuses: Readonly<Record<string, SocketStatus>> };

const say = (report: Report) => process.send?.(report);
let opened = Promise.withResolvers<VaultAddress>();
let sockets: Sockets | undefined;

process.on('message', (order: Order) => {
  if (order.type === 'start') void start(order);
  else if (order.type === 'vault') opened.resolve(order.vault);
  else {
    const statuses = (sockets?.list(owner) ?? []).map(({ id, status }) => [id, status] as const);
    say({ type: 'list', statuses: Object.fromEntries(statuses) });
  }
});
process.on('disconnect', () => process.exit());

async function start(order: Extract<Order, { type: 'start' }>): Promise<void> {
  const startedAt = performance.now();
  mkdirSync(order.folder, { recursive: true, mode: 0o700 });
  const tasks = new FakeTasks();
  tasks.registered.delete(taskId);
  tasks.registered.add(order.taskId);
  const log = { info() {}, warn() {}, error: (facts: object, message: string) => console.error(message, facts) };
  sockets = await openSockets({
    store: openStore(order.folder, migrations),
    log,
    generation: order.generation,
    vaults: order.vaults,
    openVault: () => {
      opened = Promise.withResolvers();
      say({ type: 'open-vault' });
      return opened.promise;
    },
    path: join(order.folder, 'door'),
    appOf: token => apps[token],
    tasks,
    publish: () => {},
  });
  say({ type: 'open', milliseconds: performance.now() - startedAt });
}
