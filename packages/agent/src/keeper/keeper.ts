// The keeper: parent of the agent, owner of the listening sockets, holder of the store's keeper lock. It does almost nothing,
// so that it has almost no reason to die: keeper-states.ts decides, this file acts.
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ErrorCode } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol';
import { type Endpoint, writeEndpoint } from '../launch/endpoint.ts';
import { defaults } from '../options.ts';
import { type Paths, privateFolders } from '../paths.ts';
import { ensurePrivateFolder } from '../platform/private-folder.ts';
import { lookEveryMs } from '../platform/standing-path.ts';
import { acquireLock, type Lock } from '../store/lock.ts';
import { AgentProcess } from './agent-process.ts';
import { Doors } from './doors.ts';
import {
  begin,
  deadlineOf,
  type KeeperEffect,
  type KeeperEvent,
  type KeeperState,
  type KeeperStep,
  step,
} from './keeper-states.ts';
import { VaultProcesses } from './vault-processes.ts';
import type { ToKeeper } from './wire.ts';

export interface KeeperOptions {
  readonly paths: Paths;
  /** Environment of the agent. */
  readonly env: NodeJS.ProcessEnv;
  /** Aborted: the agent checkpoints and ends, then the keeper does. */
  readonly signal: AbortSignal;
  /** Called once, when the first agent serves. */
  readonly onServing: (endpoint: Endpoint) => void;
}

/**
 * Serves until the signal, or until a client asks the agent to stop. Resolves after a clean end.
 *
 * @throws LonghaulError `agent-already-running`, `unsafe-folder`, `folder-not-writable`, and what the agent's start failed
 * with: `store-unreadable`, `store-newer`, `internal`.
 */
export async function runKeeper(options: KeeperOptions): Promise<void> {
  for (const folder of privateFolders(options.paths)) ensurePrivateFolder(folder);
  using lock = await acquireLock(options.paths.stateFolder, 'keeper', { waitMs: defaults.keeper.lockWaitMs });
  using doors = new Doors(defaults.keeper);
  const folder = dirname(options.paths.socketPath);
  using vaults = new VaultProcesses({ env: options.env, folder, limits: defaults.keeper });
  try {
    await new Keeper(options, lock, doors, vaults).run();
  } finally {
    // The owner's token lives as long as the keeper: a client that waits while the agent is restarted is not refused.
    if (lock.isInPlace) {
      rmSync(options.paths.ownerTokenFile, { force: true });
      rmSync(options.paths.endpointFile, { force: true });
    }
  }
}

class Keeper {
  readonly #options: KeeperOptions;
  readonly #lock: Lock;
  readonly #doors: Doors;
  readonly #vaults: VaultProcesses;
  readonly #ended = Promise.withResolvers<void>();
  #state: KeeperState | undefined;
  #agent: AgentProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #generation = 0;
  #isAnnounced = false;
  #serving: Promise<void> | undefined;

  constructor(options: KeeperOptions, lock: Lock, doors: Doors, vaults: VaultProcesses) {
    this.#options = options;
    this.#lock = lock;
    this.#doors = doors;
    this.#vaults = vaults;
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const stop = () => this.#happened({ type: 'stop-asked' });
    this.#take(begin(performance.now(), defaults.keeper));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const looking = setInterval(() => this.#look(), lookEveryMs).unref();
    try {
      await this.#ended.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(this.#timer);
      clearInterval(looking);
      // Doors that are just being opened must be open before they are closed.
      await this.#serving;
    }
  }

  /** Whoever deletes the state folder wants none of it any more; a keeper that went on would be found and ended by nobody. */
  #look(): void {
    if (!this.#lock.isGone()) return;
    const message = `the state folder ${this.#options.paths.stateFolder} was deleted or replaced while it was in use`;
    this.#happened({ type: 'keeper-failed', failure: { code: 'store-unreadable', message, isFatal: true } });
  }

  #happened(event: KeeperEvent): void {
    if (this.#state !== undefined) this.#take(step(this.#state, event, performance.now(), defaults.keeper));
  }

  #take(next: KeeperStep): void {
    this.#state = next.state;
    this.#setTimer();
    for (const effect of next.effects) this.#act(effect);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const at = this.#state === undefined ? undefined : deadlineOf(this.#state);
    if (at === undefined || !Number.isFinite(at)) return;
    this.#timer = setTimeout(() => this.#happened({ type: 'deadline-passed' }), Math.max(0, at - performance.now()));
  }

  #act(effect: KeeperEffect): void {
    switch (effect) {
      case 'start-agent':
        this.#startAgent();
        break;
      case 'serve':
        this.#serving = this.#serve();
        break;
      case 'hold':
        this.#doors.hold();
        break;
      case 'refuse':
        if (this.#state?.kind === 'resting' && this.#state.failure !== null) this.#doors.refuse(this.#state.failure);
        break;
      case 'ask-agent-to-stop':
        this.#agent?.send({ type: 'stop' });
        break;
      case 'kill-agent':
        this.#agent?.kill();
        break;
      case 'end':
        this.#end();
        break;
    }
  }

  #startAgent(): void {
    const agent = new AgentProcess(this.#options.env, {
      said: message => this.#heard(message),
      exited: (how, isKill) => {
        this.#happened({ type: 'agent-exited', how, isKill, hasVaults: this.#vaults.addresses.length > 0 });
      },
    });
    this.#agent = agent;
    this.#generation += 1;
    agent.send({
      type: 'start',
      keeperPid: process.pid,
      socketPath: this.#options.paths.socketPath,
      loopbackPort: this.#doors.loopbackPort,
      generation: this.#generation,
      vaults: this.#vaults.addresses,
    });
  }

  #heard(message: ToKeeper): void {
    switch (message.type) {
      case 'ready':
        this.#happened({ type: 'agent-ready' });
        break;
      case 'failed':
        this.#happened({ type: 'agent-failed', failure: message.failure });
        break;
      case 'taken':
        this.#doors.taken();
        break;
      case 'open-loopback':
        void this.#openLoopback();
        break;
      case 'open-vault':
        void this.#openVault();
        break;
      case 'stop-asked':
        this.#happened({ type: 'stop-asked' });
        break;
      case 'renew-asked':
        this.#happened({ type: 'renew-asked' });
        break;
    }
  }

  /** The doors open with the first agent that can serve: before that nobody is promised anything. */
  async #serve(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined) return;
    try {
      if (!this.#isAnnounced) await this.#announce();
    } catch (error) {
      const message = `the keeper cannot listen on ${this.#options.paths.socketPath}: ${messageOf(error)}`;
      return this.#happened({ type: 'keeper-failed', failure: { code: codeOf(error), message, isFatal: true } });
    }
    if (this.#state?.kind === 'serving' && this.#agent === agent) {
      this.#doors.serveTo((via, socket) => agent.pass(via, socket));
    }
  }

  async #announce(): Promise<void> {
    const { paths } = this.#options;
    await this.#doors.openSocket(paths.socketPath);
    if (this.#state?.kind === 'stopping' || this.#state?.kind === 'ended') return;
    const endpoint: Endpoint = { socketPath: paths.socketPath, keeperPid: process.pid, startedAt: Date.now() };
    writeEndpoint(paths, endpoint);
    this.#isAnnounced = true;
    this.#options.onServing(endpoint);
  }

  async #openLoopback(): Promise<void> {
    const agent = this.#agent;
    try {
      agent?.send({ type: 'loopback-opened', port: await this.#doors.openLoopback() });
    } catch (error) {
      agent?.send({ type: 'loopback-failed', message: messageOf(error) });
    }
  }

  async #openVault(): Promise<void> {
    const agent = this.#agent;
    try {
      agent?.send({ type: 'vault-opened', vault: await this.#vaults.open() });
    } catch (error) {
      agent?.send({ type: 'vault-failed', message: messageOf(error) });
    }
  }

  #end(): void {
    const failure = this.#state?.kind === 'ended' ? this.#state.failure : null;
    if (failure === null) this.#ended.resolve();
    else this.#ended.reject(new LonghaulError(failure.code, failure.message));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const codeOf = (error: unknown): ErrorCode => (error instanceof LonghaulError ? error.code : 'internal');
