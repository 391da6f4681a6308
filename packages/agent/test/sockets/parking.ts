// What the tests of parked sockets share: a keeper's vaults, connections to park, and reading what is there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { waitFor } from '@longhaul/testing';
import { VaultProcesses } from '../../src/keeper/vault-processes.ts';
import { defaults } from '../../src/options.ts';
import { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import { Neighbour } from '../../src/platform/kernel/neighbour.ts';
import type { SocketActivity } from '../../src/sockets/vault-link.ts';
import { Vaults } from '../../src/sockets/vaults.ts';
import { isAlive } from '../process/home.ts';

export function openKeeper(t: TestContext, limits: Partial<typeof defaults.keeper> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'lh-vaults-'));
  const processes = new VaultProcesses({ env: process.env, folder, limits: { ...defaults.keeper, ...limits } });
  t.after(() => {
    processes[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const killOldestVault = () => void process.kill(vaultPids()[0]!, 'SIGKILL');
  return { processes, folder, killOldestVault };
}

/** Whether the kernel lets a process duplicate descriptors of another of the same user (pidfd_getfd; decision 180). */
export const mayTakeHere = await (async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    using neighbour = Neighbour.open(child.pid!);
    neighbour?.duplicate(0, 1);
    return neighbour?.isPermitted === true;
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
})();

/** Children of this process that are alive and are vaults, the oldest first. */
export function vaultPids(): number[] {
  return readdirSync('/proc/self/task')
    .flatMap(task => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number))
    .filter(pid => isAlive(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('vault'))
    .sort((a, b) => a - b);
}

export class Witness {
  readonly activity: SocketActivity[] = [];
  readonly lost: string[] = [];
  readonly listener = {
    activity: (happened: readonly SocketActivity[]) => void this.activity.push(...happened),
    lost: (ids: readonly string[]) => void this.lost.push(...ids),
    rejoined: () => {},
    complete: () => {},
  };

  async next(): Promise<SocketActivity> {
    await waitFor('something to happen to a parked socket', () => this.activity.length > 0);
    return this.activity.shift()!;
  }
}

/** An agent of these vaults in this process. */
export async function openAgent(t: TestContext, processes: VaultProcesses, generation = 1) {
  const witness = new Witness();
  const openVault = () => processes.open();
  const vaults = await Vaults.open({
    generation,
    vaults: processes.addresses,
    openVault,
    listener: witness.listener,
    deadlineMs: 10_000,
    patienceMs: 10_000,
  });
  t.after(() => vaults[Symbol.dispose]());
  return { vaults, witness };
}

/** A connection: the peer's end as Node's socket, the app's end as a descriptor from which nobody has read. */
export async function connection(t: TestContext): Promise<{ peer: Socket; app: Descriptor }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const [app, [peer]] = await Promise.all([dial(port), once(server, 'connection') as Promise<[Socket]>]);
  server.close();
  peer.on('error', () => {});
  t.after(() => {
    peer.destroy();
    app[Symbol.dispose]();
  });
  return { peer, app };
}

/** Connects and gives the socket away unread: paused before it connects, duplicated, then destroyed without a FIN. */
export async function dial(port: number, firstWords = ''): Promise<Descriptor> {
  const socket = new Socket().pause().connect(port, '127.0.0.1');
  await once(socket, 'connect');
  if (firstWords !== '') await new Promise(resolve => socket.write(firstWords, resolve));
  const own = Descriptor.own(numberOf(socket));
  const duplicate = own.duplicate();
  own.release(); // it is still Node's
  socket.destroy();
  await once(socket, 'close');
  return duplicate;
}

export const numberOf = (handleOwner: object): number =>
  (handleOwner as { readonly _handle: { readonly fd: number } })._handle.fd;

export function numberOfDatagrams(socket: object): number {
  const states = Object.getOwnPropertySymbols(socket).map(
    symbol => (socket as Record<symbol, { readonly handle?: { readonly fd: number } }>)[symbol],
  );
  return states.find(state => state?.handle !== undefined)!.handle!.fd;
}

/** A duplicate of what a Node object has. */
export function duplicateOf(t: TestContext, number: number): Descriptor {
  const own = Descriptor.own(number);
  const duplicate = own.duplicate();
  own.release();
  t.after(() => duplicate[Symbol.dispose]());
  return duplicate;
}

/** Every byte that is there. */
export function readAll(descriptor: Descriptor): string {
  const buffer = Buffer.alloc(65_536);
  let text = '';
  for (;;) {
    try {
      const length = readSync(descriptor.number, buffer);
      if (length === 0) return text;
      text += buffer.toString('latin1', 0, length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return text;
      throw error;
    }
  }
}
