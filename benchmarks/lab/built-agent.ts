// An agent of built files, as users have it, for the questions of parked sockets: types are not taken away at its starts, nor at
// those of its task hosts. Used through the SDK, killed by its pid.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Agent, connectAgent } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { Crowd } from '../../conformance/parked/crowd/crowd.ts';
import type { Lab } from './question.ts';

export class BuiltAgent implements AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
  /** Where task hosts are started. */
  readonly folder: string;
  readonly owner: Agent;

  private constructor(env: NodeJS.ProcessEnv, folder: string, owner: Agent) {
    this.env = env;
    this.folder = folder;
    this.owner = owner;
  }

  static async start(lab: Lab, name: string): Promise<BuiltAgent> {
    buildOnce();
    const folder = path.join(lab.folder, name);
    mkdirSync(folder);
    const env = { ...process.env, LONGHAUL_HOME: path.join(folder, 'home') };
    execFileSync(process.execPath, [path.join(import.meta.dirname, 'ensure-agent.ts')], { env });
    return new BuiltAgent(env, folder, await connectAgent({ env }));
  }

  crowd(app: string): Promise<Crowd> {
    const { env, folder, owner } = this;
    return Crowd.open(app, { env, folder, owner, from: 'dist' });
  }

  /** SIGKILL of the agent; its keeper starts another. Gives the moment, by `Date.now()`. */
  async kill(): Promise<number> {
    const { pid } = await this.owner.getStatus();
    const at = Date.now();
    process.kill(pid, 'SIGKILL');
    return at;
  }

  /** SIGKILL of the processes that run tasks; the next wake of each app is a cold one. */
  async killHosts(): Promise<void> {
    const runs = await this.owner.tasks.listRuns();
    const pids = [...new Set(runs.map(({ pid }) => pid))].filter(pid => pid !== null && !isGone(pid)) as number[];
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await waitFor('the hosts to end', () => pids.every(isGone));
  }

  /** Resolves when a host waits for the next app that needs one: its process. */
  spareHost(): Promise<number> {
    return waitFor('a spare host', async () => (await this.owner.getStatus()).spareHostPid ?? undefined);
  }

  /** SIGKILL of that one. The next comes after a second. */
  async killSpareHost(): Promise<void> {
    const pid = await this.spareHost();
    process.kill(pid, 'SIGKILL');
    await waitFor('the spare host to end', () => isGone(pid));
  }

  /** The agent and the processes that hold parked sockets. */
  async pids(): Promise<{ readonly agent: number; readonly vaults: readonly number[] }> {
    const { pid, keeperPid } = await this.owner.getStatus();
    const children = readFileSync(`/proc/${keeperPid}/task/${keeperPid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number);
    const isVault = (child: number) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('vault');
    return { agent: pid, vaults: children.filter(isVault) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.owner.stop();
    await this.owner[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

let isBuilt = false;
function buildOnce(): void {
  if (isBuilt) return;
  const script = path.join(import.meta.dirname, '../../scripts/build.ts');
  execFileSync(process.execPath, ['--conditions=longhaul-source', script], { stdio: 'inherit' });
  isBuilt = true;
}
