// An agent's sockets and tasks, to be killed at a named step (LONGHAUL_CRASH_AT): opened over a store and vaults that outlive it.
// One app, `a`, whose grant is `token-a`; its manifest declares what is in its folder. Says over IPC when it is open.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { VaultAddress } from '../../src/keeper/vault-wire.ts';
import { openLog } from '../../src/log.ts';
import { migrations } from '../../src/migrations.ts';
import { openSocketsAndTasks } from '../../src/sockets-and-tasks.ts';
import { openStore } from '../../src/store/store.ts';
import { socketTask } from '../tasks/room.ts';

export interface Start {
  readonly type: 'start';
  readonly folder: string;
  readonly generation: number;
  readonly vaults: readonly VaultAddress[];
}

export type Order = Start | { readonly type: 'vault'; readonly vault: VaultAddress } | { readonly type: 'list' };

const say = (report: object) => process.send?.(report);
let opened = Promise.withResolvers<VaultAddress>();
let list: () => object = () => [];

process.on('message', (order: Order) => {
  if (order.type === 'start') void start(order);
  else if (order.type === 'vault') opened.resolve(order.vault);
  else say({ type: 'list', ...list() });
});
process.on('disconnect', () => process.exit());

async function start({ folder, generation, vaults }: Start): Promise<void> {
  const state = join(folder, 'state');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const { sockets, tasks } = await openSocketsAndTasks({
    store: openStore(state, migrations),
    log: openLog(join(folder, 'agent.log')),
    order: { generation, vaults },
    openVault: () => {
      opened = Promise.withResolvers();
      say({ type: 'open-vault' });
      return opened.promise;
    },
    path: join(folder, 'door'),
    appOf: token => (token === 'token-a' ? 'a' : undefined),
    manifestOf: () => ({ folder, tasks: [socketTask('./task.mjs#run')] }),
    publish: () => {},
    env: process.env,
    socketLimits: { resumeMs: 1_500 },
  });
  const owner = { role: 'owner' } as const;
  const trigger = { type: 'socket-activity' } as const;
  const known = tasks.list(owner)[0];
  const { taskId } = known ?? (await tasks.register('a', { name: 'task', entryPoint: './task.mjs#run', trigger }));
  list = () => ({ sockets: sockets.list(owner), runs: tasks.listRuns(owner, null) });
  say({ type: 'open', taskId });
}
