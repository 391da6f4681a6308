// Thousands of connections are handed over, their agent is killed again and again at random moments while peers write to them:
// not one connection and not one byte is lost, and every next agent hears of them again.
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { leakCheck, seededRandom, waitFor } from '@longhaul/testing';
import type { VaultProcesses } from '../../src/keeper/vault-processes.ts';
import { nodeFlags } from '../../src/platform/source.ts';
import { dial, openKeeper, readAll } from './parking.ts';
import type { Order, Report } from './parking-agent.ts';
import { Guest, taskId, transferOf } from './room.ts';

after(leakCheck());

const program = fileURLToPath(new URL('./parking-agent.ts', import.meta.url));

class ParkingAgent {
  readonly child: ChildProcess;
  readonly #reports: Report[] = [];

  constructor(t: TestContext, folder: string, processes: VaultProcesses, generation: number) {
    this.child = fork(program, [], { execArgv: [...nodeFlags] });
    t.after(() => this.child.kill('SIGKILL'));
    this.child.on('message', (report: Report) => {
      if (report.type === 'open-vault') void processes.open().then(vault => this.say({ type: 'vault', vault }));
      else this.#reports.push(report);
    });
    this.say({ type: 'start', folder, taskId, generation, vaults: processes.addresses });
  }

  say(order: Order): void {
    this.child.send(order, () => {});
  }

  async report<T extends Report['type']>(type: T): Promise<Extract<Report, { type: T }>> {
    const at = () => this.#reports.findIndex(report => report.type === type);
    await waitFor(`the report "${type}"`, () => at() >= 0 || this.child.exitCode !== null, { timeoutMs: 60_000 });
    assert.ok(at() >= 0, `no report "${type}": the agent ended with ${this.child.exitCode}`);
    return this.#reports.splice(at(), 1)[0] as Extract<Report, { type: T }>;
  }

  async list(): Promise<Map<string, string>> {
    this.say({ type: 'list' });
    return new Map(Object.entries((await this.report('list')).statuses));
  }

  async kill(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** Peers by the id that each connection says first, and how many lines were written to it. */
async function openPeers(t: TestContext) {
  const peers = new Map<string, { socket: Socket; lines: number }>();
  let ended = 0;
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.on('close', () => {
      ended += 1;
    });
    socket.once('data', id => void peers.set(id.toString().trim(), { socket, lines: 0 }));
  }).listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  t.after(() => {
    for (const { socket } of peers.values()) socket.destroy();
    server.close();
  });
  return { peers, port: (server.address() as { port: number }).port, ended: () => ended };
}

const expected = (lines: number): string => Array.from({ length: lines }, (_, n) => `${n}\n`).join('');

test('5,000 parked connections survive ten killed agents with every byte', { timeout: 180_000 }, async t => {
  const random = seededRandom();
  t.diagnostic(`LONGHAUL_SEED=${random.seed}`);
  const count = 5_000;
  const folder = mkdtempSync(join(tmpdir(), 'lh-kills-'));
  const { processes } = openKeeper(t, { maxSocketsPerVault: 2_000 });
  const { peers, port, ended } = await openPeers(t);
  let generation = 1;
  let agent = new ParkingAgent(t, folder, processes, generation);
  t.after(async () => {
    await agent.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await agent.report('open');
  const app = await Guest.open(t, join(folder, 'door'), 'token-a');
  for (let parked = 0; parked < count; parked += 250) {
    await Promise.all(
      Array.from({ length: 250 }, async (_, n) => {
        const socketId = `s${parked + n}`;
        using own = await dial(port, `${socketId}\n`);
        assert.equal(await app.tell(transferOf({ socketId }), [own]), 'done');
      }),
    );
  }
  await waitFor('every peer', () => peers.size === count);
  assert.equal(processes.addresses.length, 3);
  const ids = [...peers.keys()];
  const write = (id: string) => {
    const peer = peers.get(id)!;
    peer.socket.write(`${peer.lines}\n`);
    peer.lines += 1;
  };
  for (let kill = 0; kill < 10; kill++) {
    for (let n = 0; n < 200; n++) write(random.pick(ids));
    if (random.next() < 0.5) await delay(random.below(400)); // any moment of the agent's start and taking over
    const killed = agent.kill();
    for (let n = 0; n < 200; n++) write(random.pick(ids));
    await killed;
    generation += 1;
    agent = new ParkingAgent(t, folder, processes, generation);
  }
  await agent.report('open');
  const written = ids.filter(id => peers.get(id)!.lines > 0);
  await waitFor(
    'the last agent to hear of all',
    async () => {
      const statuses = await agent.list();
      return written.every(id => statuses.get(id) === 'signalled');
    },
    { timeoutMs: 20_000 },
  );
  const statuses = await agent.list();
  const silent = ids.filter(id => peers.get(id)!.lines === 0);
  assert.equal(statuses.size, count);
  assert.deepEqual(
    silent.filter(id => statuses.get(id) !== 'parked'),
    [],
    'of those without bytes nothing is told',
  );
  const next = await Guest.open(t, join(folder, 'door'), 'token-a');
  for (const id of ids) {
    const { message, descriptors } = await next.ask({ type: 'reclaim', socketId: id, kind: 'stream-socket' });
    assert.equal(message.type, 'lent', id);
    using own = descriptors[0]!;
    assert.equal(readAll(own), expected(peers.get(id)!.lines), id);
  }
  assert.equal(ended(), 0, 'connections that were lost');
});
