// kill -9 of the agent before and after every named step of a parked socket's life, while an app hands over, a task reads and
// hands back, the app takes over and closes: no byte is lost or read twice, nobody is woken for nothing, nothing is left over.
// A sample by default; LONGHAUL_CRASH_ROUNDS=all takes every step. LONGHAUL_SEED repeats.
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isRunOver, type RunRecord, type SocketRecord } from '@longhaul/agent-protocol';
import { leakCheck, seededRandom, waitFor } from '@longhaul/testing';
import type { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import { nodeFlags } from '../../src/platform/source.ts';
import { socketSteps } from '../../src/steps.ts';
import { makeApp } from '../tasks/room.ts';
import type { Order } from './crash-agent.ts';
import { connection, mayTakeHere, openKeeper, readAll } from './parking.ts';
import { Guest, transferOf } from './room.ts';

after(leakCheck());

const random = seededRandom();
/** Where the vault must always be asked, nothing is ever told to it without waiting. */
const met = socketSteps.filter(name => mayTakeHere || name !== 'socket.wake.tell');
const aims = met.flatMap(name => [`before:${name}`, `after:${name}`]);
const takesAll = process.env.LONGHAUL_CRASH_ROUNDS === 'all';
const chosen = takesAll ? aims : Array.from({ length: 6 }, () => aims.splice(random.below(aims.length), 1)[0]!);
const program = fileURLToPath(new URL('./crash-agent.ts', import.meta.url));

/** Notes what it reads, and hands back, unless the peer said that it should not. */
const task = `
import { appendFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { cancelIO, transferOwnership } from '@longhaul/client';
const note = line => appendFileSync(new URL('./journal', import.meta.url), JSON.stringify(line) + '\\n');
export async function run(task) {
  const { reason, socketInformation } = task.triggerDetails;
  const { id } = socketInformation;
  if (reason === 'socket-closed') return note({ id, reason, run: task.instanceId });
  const socket = await socketInformation.streamSocket();
  // An earlier attempt may have read everything.
  if (socket.readableLength === 0) await Promise.race([once(socket, 'readable'), once(socket, 'end'), delay(150)]);
  await cancelIO(socket);
  const text = String(socket.read() ?? '');
  note({ id, reason, run: task.instanceId, text });
  if (text !== 'forget me') await transferOwnership(task, socket, id);
}`;

interface Line {
  readonly id: string;
  readonly reason: string;
  readonly run: string;
  readonly text?: string;
}

/** Agents one after the other: whenever one dies the next is started. */
class Life {
  readonly folder: string;
  taskId = '';
  agents = 0;
  #child: ChildProcess | undefined;
  #isOver = false;
  #opened = Promise.withResolvers<void>();
  #listed = Promise.withResolvers<{ sockets: SocketRecord[]; runs: RunRecord[] }>();
  readonly #keeper: ReturnType<typeof openKeeper>;
  readonly #env: NodeJS.ProcessEnv;

  constructor(t: TestContext, crashAt: string) {
    this.folder = makeApp(t, { 'task.mjs': task });
    this.#keeper = openKeeper(t);
    const crash = { LONGHAUL_CRASH_AT: crashAt, LONGHAUL_CRASH_MARK: join(this.folder, 'mark') };
    this.#env = { ...process.env, ...crash, LONGHAUL_TEST_FOLDER: this.folder };
    this.#start();
    t.after(() => this.#end());
  }

  get hasCrashed(): boolean {
    return existsSync(join(this.folder, 'mark'));
  }

  get journal(): Line[] {
    const file = join(this.folder, 'journal');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map(line => JSON.parse(line) as Line);
  }

  /** Everything that was read from a socket, in order. */
  textOf(id: string): string {
    return this.journal.map(line => (line.id === id ? (line.text ?? '') : '')).join('');
  }

  async list(): Promise<{ sockets: SocketRecord[]; runs: RunRecord[] }> {
    for (;;) {
      await this.#opened.promise;
      this.#listed = Promise.withResolvers();
      const died = Promise.withResolvers<undefined>();
      this.#child?.once('exit', () => died.resolve(undefined));
      this.#say({ type: 'list' });
      const listed = await Promise.race([this.#listed.promise, died.promise]);
      if (listed !== undefined) return listed;
      await new Promise(setImmediate);
    }
  }

  async opened(): Promise<void> {
    await this.#opened.promise;
  }

  #start(): void {
    this.agents += 1;
    const child = fork(program, [], { execArgv: [...nodeFlags], env: this.#env });
    this.#child = child;
    this.#opened = Promise.withResolvers();
    child.on('message', (report: { type: string; taskId: string; sockets: SocketRecord[]; runs: RunRecord[] }) => {
      if (report.type === 'open-vault')
        void this.#keeper.processes.open().then(vault => this.#say({ type: 'vault', vault }));
      else if (report.type === 'list') this.#listed.resolve(report);
      else {
        this.taskId = report.taskId;
        this.#opened.resolve();
      }
    });
    child.on('exit', () => {
      if (!this.#isOver) this.#start();
    });
    this.#say({
      type: 'start',
      folder: this.folder,
      generation: this.agents,
      vaults: this.#keeper.processes.addresses,
    });
  }

  #say(order: Order): void {
    this.#child?.send(order, () => {});
  }

  async #end(): Promise<void> {
    this.#isOver = true;
    const child = this.#child!;
    const exited = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }
}

/** An app that says everything again until it is answered, as the SDK does. */
class App {
  readonly #t: TestContext;
  readonly #life: Life;
  #guest: Guest | undefined;
  /** Under leases, to be resumed over every new channel. */
  readonly #held = new Map<string, number>();

  constructor(t: TestContext, life: Life) {
    this.#t = t;
    this.#life = life;
  }

  async ask(request: Parameters<Guest['ask']>[0], descriptors: readonly Descriptor[] = []): ReturnType<Guest['ask']> {
    for (;;) {
      const guest = await this.#connected();
      const lost = guest.ended.promise.then(() => undefined);
      const answer = await Promise.race([guest.ask(request, descriptors).catch(() => undefined), lost]);
      if (answer === undefined) {
        this.#guest = undefined;
      } else if (
        request.type === 'reclaim' &&
        answer.message.type === 'refused' &&
        answer.message.code === 'illegal-state'
      ) {
        await new Promise(setImmediate);
        await this.#life.list(); // an answer that was lost has lent it to us: it is parked again in a moment
      } else {
        if (answer.message.type === 'lent') this.#held.set(answer.message.socket.key, answer.message.socket.lease);
        else if ('key' in request && request.type !== 'resume') this.#held.delete(request.key);
        return answer;
      }
    }
  }

  async #connected(): Promise<Guest> {
    while (this.#guest === undefined) {
      await this.#life.opened();
      const guest = await Guest.open(this.#t, join(this.#life.folder, 'door'), 'token-a').catch(() => undefined);
      if (guest === undefined) {
        await new Promise(setImmediate); // the test has not heard of its death yet
        continue;
      }
      this.#guest = guest;
      for (const [key, lease] of this.#held) void guest.tell({ type: 'resume', key, lease }).catch(() => {});
    }
    return this.#guest;
  }
}

describe('an agent of parked sockets that is killed', { concurrency: 2 }, () => {
  process.stderr.write(
    `crash test of sockets: LONGHAUL_SEED=${random.seed}, ${chosen.length} of ${2 * met.length} aims\n`,
  );

  for (const aim of chosen) {
    test(aim, { timeout: 60_000 }, async t => {
      const life = new Life(t, aim);
      await life.opened();
      const app = new App(t, life);
      const more = { taskId: life.taskId };
      const done = async (...asked: Parameters<App['ask']>) => {
        const { message } = await app.ask(...asked);
        assert.equal(message.type, 'done', JSON.stringify(message));
      };
      const within = { timeoutMs: 30_000 };
      const statusOf = async (id: string) => (await life.list()).sockets.find(socket => socket.id === id)?.status;

      // Handed over; woken twice; each time read and handed back.
      const main = await connection(t);
      const request = transferOf({ ...more, socketId: 'main' });
      await done(request, [main.app]);
      await done(request, [main.app]);
      main.app[Symbol.dispose]();
      main.peer.write('one,');
      await waitFor('the first words', () => life.textOf('main') === 'one,', within);
      main.peer.write('two,');
      await waitFor('the next words', () => life.textOf('main') === 'one,two,', within);
      await waitFor('it to be parked', async () => (await statusOf('main')) === 'parked', within);

      // Taken over, handed back, taken over again and closed.
      for (const isLast of [false, true]) {
        const { message, descriptors } = await app.ask({ type: 'reclaim', socketId: 'main', kind: 'stream-socket' });
        assert.equal(message.type, 'lent', JSON.stringify(message));
        if (message.type !== 'lent') return;
        assert.equal(readAll(descriptors[0]!), '');
        for (const descriptor of descriptors) descriptor[Symbol.dispose]();
        const { key, lease } = message.socket;
        if (!isLast) {
          await done({ type: 'return', key, lease, leftover: null });
        } else {
          const closed = (await app.ask({ type: 'close', key, lease })).message;
          const isClosed = closed.type === 'done' || (closed.type === 'refused' && closed.code === 'not-found');
          assert.ok(isClosed, JSON.stringify(closed));
        }
      }
      main.peer.resume();
      await waitFor('the end of the closed one', () => main.peer.readableEnded || main.peer.destroyed, within);

      // Forgotten by its task.
      const forgotten = await connection(t);
      await done(transferOf({ ...more, socketId: 'forgotten' }), [forgotten.app]);
      forgotten.app[Symbol.dispose]();
      forgotten.peer.write('forget me');
      await waitFor('what was said last', () => life.textOf('forgotten') === 'forget me', within);

      // Ended by its peer.
      const ended = await connection(t);
      await done(transferOf({ ...more, socketId: 'ended' }), [ended.app]);
      ended.app[Symbol.dispose]();
      ended.peer.end();
      await waitFor('the end to be told', () => life.journal.some(({ reason }) => reason === 'socket-closed'), within);

      await waitFor(`${aim} to be met`, () => life.hasCrashed, within);
      await waitFor(
        'everything to be over',
        async () => {
          const { sockets, runs } = await life.list();
          const isQuiet = sockets.every(({ status }) => status !== 'signalled' && status !== 'lent');
          return isQuiet && runs.every(({ status }) => isRunOver(status));
        },
        within,
      );
      assert.equal(life.agents, 2);
      const { sockets, runs } = await life.list();
      // An attempt that was cut off after it had read is started again without those words: it hands back what it has.
      const isForgottenAgain = aim.includes('socket.over') || aim.includes('socket.lend');
      const expected = isForgottenAgain ? ['orphaned', 'parked'] : ['orphaned'];
      const statuses = Object.fromEntries(sockets.map(({ id, status }) => [id, status]));
      assert.ok(expected.includes(statuses.forgotten ?? ''), JSON.stringify(sockets));
      assert.deepEqual([statuses.ended, statuses.main], ['closed', undefined]);
      const closings = new Set(life.journal.filter(({ reason }) => reason === 'socket-closed').map(line => line.run));
      assert.equal(closings.size, 1, 'told once, by its run');
      assert.deepEqual([life.textOf('main'), life.textOf('ended')], ['one,two,', '']);
      assert.ok(runs.length <= 6, JSON.stringify(runs));
    });
  }
});
