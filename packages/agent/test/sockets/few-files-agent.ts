// An agent of one vault with a low limit of open files, started by a test: parks a socket, has no file left while it asks for it, too
// few while it dials, and says what it has made of that.
import { openSync, readdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { waitFor } from '@longhaul/testing';
import type { VaultAddress } from '../../src/keeper/vault-wire.ts';
import { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import { VaultLine } from '../../src/sockets/vault-line.ts';
import { Vaults } from '../../src/sockets/vaults.ts';
import { dial } from './parking.ts';

const [given = ''] = process.argv.slice(2);
const address = JSON.parse(given) as VaultAddress;
const lost: string[] = [];
const rejoined: string[] = [];
const vaults = await Vaults.open({
  generation: 1,
  vaults: [address],
  openVault: () => Promise.reject(new Error('one is enough')),
  listener: {
    activity: () => {},
    lost: ids => void lost.push(...ids),
    rejoined: ids => void rejoined.push(...ids),
    complete: () => {},
  },
  deadlineMs: 1_000,
  patienceMs: 1_000,
});
const peers: Socket[] = [];
const server = createServer(peer => peers.push(peer)).listen(0, '127.0.0.1');
await waitFor('the server', () => server.listening);
const app = await dial((server.address() as { port: number }).port);
await waitFor('the peer', () => peers.length === 1);
const id = '00000000-0000-4000-8000-000000000001';
await vaults.park(id, app);
const count = () => readdirSync('/proc/self/fd').length;
const before = count();

/** As many as there may be, but `spare`. */
function fill(spare: number): Descriptor[] {
  const fillers: Descriptor[] = [];
  try {
    for (;;) fillers.push(Descriptor.own(openSync('/dev/null', 'r')));
  } catch {
    for (const filler of fillers.splice(0, spare)) filler[Symbol.dispose]();
    return fillers;
  }
}

const release = (fillers: Descriptor[]) => {
  for (const filler of fillers) filler[Symbol.dispose]();
};

const none = fill(0);
// Others want files, too: what is closed is taken at once.
const filling = setInterval(() => none.push(...fill(0)));
const answer = await vaults.lend(id).then(
  () => 'lent',
  error => error.code,
);
clearInterval(filling);
release(none);
// A line needs three of its own before it is one.
const almost = fill(2);
const nobody = { welcomed: () => {}, held: () => {}, answered: () => {}, ended: () => {} };
let failed = 0;
for (let dials = 0; dials < 5; dials++) {
  try {
    new VaultLine(address, { generation: 1, deadlineMs: 1_000 }, nobody);
  } catch {
    failed += 1;
  }
}
release(almost);
await waitFor('the vault to be met again, or given up', () => rejoined.length > 0 || lost.length > 0);
console.log(JSON.stringify({ answer, lost, isHeld: vaults.get(id) !== undefined, failed, more: count() - before }));
process.exit(0);
