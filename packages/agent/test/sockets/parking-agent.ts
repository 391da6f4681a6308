// An agent of parked sockets, to be killed at any moment: dials and parks, arms what was parked, tells what happened, and at
// last hands out and reads everything. Speaks with the test over IPC.
import { randomUUID } from 'node:crypto';
import type { VaultAddress } from '../../src/keeper/vault-wire.ts';
import { Vaults } from '../../src/sockets/vaults.ts';
import { dial, readAll } from './parking.ts';

export type Order =
  | { readonly type: 'start'; readonly generation: number; readonly vaults: readonly VaultAddress[] }
  | { readonly type: 'vault'; readonly vault: VaultAddress }
  /** Dial that many and park each under an id that is its first line to the peer. */
  | { readonly type: 'park'; readonly port: number; readonly count: number }
  /** Hand out everything and read it. */
  | { readonly type: 'drain' };

export type Report =
  | { readonly type: 'armed'; readonly count: number; readonly milliseconds: number }
  | { readonly type: 'open-vault' }
  | { readonly type: 'parked'; readonly ids: readonly string[] }
  | { readonly type: 'activity'; readonly ids: readonly string[] }
  | { readonly type: 'drained'; readonly texts: Readonly<Record<string, string>> };

const say = (report: Report) => process.send?.(report);
let vaults: Vaults;
let opened = Promise.withResolvers<VaultAddress>();

process.on('message', (order: Order) => {
  if (order.type === 'start') void start(order);
  else if (order.type === 'vault') opened.resolve(order.vault);
  else if (order.type === 'park') void park(order);
  else void drain();
});
process.on('disconnect', () => process.exit());

async function start({ generation, vaults: addresses }: Extract<Order, { type: 'start' }>): Promise<void> {
  const startedAt = performance.now();
  const openVault = () => {
    opened = Promise.withResolvers();
    say({ type: 'open-vault' });
    return opened.promise;
  };
  const listener = {
    // Told, and armed again at once: nothing was read, so it is told again and again until somebody reads.
    activity: (happened: readonly { readonly id: string }[]) =>
      void say({ type: 'activity', ids: happened.map(({ id }) => id) }),
    lost: () => process.exit(2),
  };
  vaults = await Vaults.open({ generation, vaults: addresses, openVault, listener });
  const ids = [...vaults.holdings()].map(({ id }) => id);
  vaults.arm(ids);
  say({ type: 'armed', count: ids.length, milliseconds: performance.now() - startedAt });
}

async function park({ port, count }: Extract<Order, { type: 'park' }>): Promise<void> {
  const ids = await Promise.all(
    Array.from({ length: count }, async () => {
      const id = randomUUID();
      await vaults.park(id, await dial(port, `${id}\n`));
      return id;
    }),
  );
  vaults.arm(ids);
  say({ type: 'parked', ids });
}

async function drain(): Promise<void> {
  const texts: Record<string, string> = {};
  await Promise.all(
    [...vaults.holdings()].map(async ({ id }) => {
      const { descriptor, holding } = await vaults.lend(id);
      texts[id] = readAll(descriptor);
      descriptor[Symbol.dispose]();
      await vaults.return({ id, lease: holding.lease });
    }),
  );
  say({ type: 'drained', texts });
}
