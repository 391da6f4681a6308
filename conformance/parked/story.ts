// The story of the parked sockets: streams of numbered bytes over many wakes, while their app, its task host and the agent are
// killed again and again and sockets go back and forth between task and app. It ends with a report, or with what was lost.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Agent, connectAgent } from '@longhaul/client';
import { seededRandom, waitFor } from '@longhaul/testing';
import { type Control, openControl } from './control.ts';
import { Journal } from './journal.ts';
import { Peers } from './peers.ts';
import { storyManifest } from './task-of-story.ts';

export interface StoryOptions {
  readonly seed: number;
  /** Turns of tasks with bytes in them. */
  readonly wakes: number;
  readonly sockets: number;
  /** Between two kills, about that many wakes. */
  readonly wakesPerKill: number;
  readonly progress?: (facts: { readonly wakes: number; readonly kills: number; readonly seconds: number }) => void;
}

export const victims = ['agent', 'app-before', 'app-after', 'host-before', 'host-after'] as const;
type Victim = (typeof victims)[number];

export interface StoryReport {
  readonly seed: number;
  readonly sockets: number;
  readonly wakes: number;
  /** Turns of tasks that found nothing to read: started again after a kill, or by a keep-alive time. */
  readonly emptyWakes: number;
  /** Sockets that the app took over and handed back. */
  readonly handOvers: number;
  readonly bytes: number;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly seconds: number;
}

/** @throws AssertionError that names the seed */
export async function parkedStory(options: StoryOptions): Promise<StoryReport> {
  const { seed } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'lh-story-'));
  const env = { ...process.env, LONGHAUL_HOME: path.join(folder, 'home'), LONGHAUL_SEED: String(seed) };
  try {
    await using owner = await connectAgent({ env });
    try {
      return await tell(options, folder, env, owner);
    } catch (error) {
      const log = readFileSync(path.join(folder, 'home', 'state', 'agent.log'), 'utf8')
        .split('\n')
        .slice(-30);
      const runs = await owner.tasks.listRuns().catch(() => []);
      const failed = runs.filter(({ error }) => error !== null).slice(0, 5);
      const words = [`seed ${seed}`, String(error), ...failed.map(run => JSON.stringify(run)), ...log];
      throw new Error(words.join('\n'), { cause: error });
    } finally {
      await owner.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tell(options: StoryOptions, folder: string, env: NodeJS.ProcessEnv, owner: Agent): Promise<StoryReport> {
  const { seed, sockets, wakes: wanted, wakesPerKill } = options;
  const random = seededRandom(seed);
  const startedAt = performance.now();
  await owner.registerApp(storyManifest(folder));
  await using peers = await Peers.listen(random);
  await using control = await openControl(folder);
  using journal = new Journal(folder);
  await using app = new App(folder, peers.port, sockets, env);
  app.start(random.below(2 ** 31), sockets);
  await waitFor('every socket to be handed over', () => control.words.has('parked') && peers.count === sockets, {
    timeoutMs: 60_000,
  });
  const kills: Record<Victim, number> = {
    agent: 0,
    'app-before': 0,
    'app-after': 0,
    'host-before': 0,
    'host-after': 0,
  };
  const killed = () => Object.values(kills).reduce((sum, each) => sum + each, 0);
  const soundly = () => {
    journal.read();
    assert.deepEqual([...control.troubles, ...peers.troubles, ...journal.troubles], []);
  };
  const reach = async (wakes: number) => {
    const aim = () => {
      soundly();
      return journal.wakes >= wakes;
    };
    await waitFor(`${wakes} wakes, there were ${journal.wakes}`, aim, { timeoutMs: 60_000 });
  };
  while (journal.wakes < wanted) {
    await reach(Math.min(wanted, journal.wakes + 1 + random.below(2 * wakesPerKill)));
    const victim = random.pick(victims);
    await kill(victim, control, owner);
    kills[victim] += 1;
    if (victim.startsWith('app')) app.start(random.below(2 ** 31), 0);
    options.progress?.({ wakes: journal.wakes, kills: killed(), seconds: (performance.now() - startedAt) / 1_000 });
  }
  peers.finish();
  const written = peers.written;
  peers.over();
  const program = await waitFor('a process of the app', () => control.running('app')[0], { timeoutMs: 30_000 });
  program.say(`finish ${JSON.stringify(written)}`);
  const isOver = () => control.words.has('done') || control.troubles.length > 0;
  await waitFor('the app to read what is left', isOver, { timeoutMs: 120_000 });
  soundly();
  assert.deepEqual(journal.used, written, 'every byte, once, in order');
  const { wakes, emptyWakes, handOvers, bytes } = journal;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  return { seed, sockets, wakes, emptyWakes, handOvers, bytes, kills, seconds };
}

/** SIGKILL, at a moment at which no program has read bytes that it has not handed back. */
async function kill(victim: Victim, control: Control, owner: Agent): Promise<void> {
  if (victim !== 'agent') {
    const [role, moment] = victim.split('-') as ['app' | 'host', 'before' | 'after'];
    const program = await waitFor(`a process of the ${role}`, () => control.running(role)[0], { timeoutMs: 30_000 });
    program.say(`die-${moment}`);
    await waitFor(`the ${role} to die`, () => program.hasEnded, { timeoutMs: 30_000 });
    return;
  }
  // It takes its hosts along; the app lives on, in the middle of whatever it does.
  control.holdHosts();
  const { pid } = await owner.getStatus();
  const hosts = control.running('host');
  await Promise.all(hosts.map(host => host.held()));
  process.kill(pid, 'SIGKILL');
  await waitFor('the hosts to die with their agent', () => hosts.every(host => host.hasEnded));
  control.letHostsGo();
}

/** The app's process; a new one after each of its deaths. */
class App implements AsyncDisposable {
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;

  constructor(folder: string, port: number, count: number, env: NodeJS.ProcessEnv) {
    this.#args = [path.join(import.meta.dirname, 'app.ts'), folder, String(port), String(count)];
    this.#env = env;
  }

  start(seed: number, sockets: number): void {
    const flags = ['--conditions=longhaul-source', '--disable-warning=ExperimentalWarning'];
    const args = [...flags, ...this.#args, String(seed), String(sockets)];
    this.#child = spawn(process.execPath, args, { env: this.#env, stdio: ['ignore', 'inherit', 'inherit'] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
