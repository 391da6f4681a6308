// A store of its own for one test: temporary folders, processes started in it, and their end.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@longhaul/testing';
import { type Endpoint, ensureAgent, readOwnerToken } from '../../src/launch/index.ts';
import { type Paths, resolvePaths } from '../../src/paths.ts';
import { nodeFlags } from '../../src/platform/source.ts';
import { HubClient } from './hub-client.ts';

export interface Home {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly paths: Paths;
  ensure(): Promise<Endpoint>;
  /** A connection as the owner. */
  owner(): Promise<HubClient>;
  /** A connection with any token, or none. */
  connect(token?: string): Promise<HubClient>;
  /** Runs launcher.ts; `exited` gives its parsed output. */
  launch(verb: 'ensure' | 'find' | 'run', more?: LaunchOptions): Launched;
}

export interface LaunchOptions extends SpawnOptions {
  /** A program and arguments that come before node's. */
  readonly prefix?: readonly string[];
}

export interface Launched {
  readonly child: ChildProcess;
  readonly exited: Promise<{ readonly code: number | null; readonly output: unknown }>;
}

const launcher = fileURLToPath(new URL('./launcher.ts', import.meta.url));

/** Everything of it is ended and removed after the test. `name` becomes part of the path. */
export function createHome(t: TestContext, name = 'home'): Home {
  const root = mkdtempSync(join(tmpdir(), 'lh-'));
  const folder = join(root, name);
  const env = { ...process.env, LONGHAUL_HOME: folder };
  const paths = resolvePaths(env);
  const clients: HubClient[] = [];
  t.after(async () => {
    for (const client of clients) client.close();
    await endAll(root);
    rmSync(root, { recursive: true, force: true });
  });
  const connect = async (token?: string) => {
    const client = await HubClient.overSocket(paths.socketPath, token);
    clients.push(client);
    return client;
  };
  return {
    folder,
    env,
    paths,
    connect,
    ensure: () => ensureAgent({ env }),
    owner: () => connect(readOwnerToken(paths)),
    launch: (verb, more = {}) => launch(verb, { env, ...more }),
  };
}

export function launch(verb: string, { prefix = [], ...options }: LaunchOptions): Launched {
  const [program = '', ...args] = [...prefix, process.execPath, ...nodeFlags, launcher, verb];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  const exited = Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    new Promise<number | null>((resolve, reject) => child.on('exit', resolve).on('error', reject)),
  ]).then(([output, code]) => ({ code, output: output === '' ? undefined : JSON.parse(output) }));
  return { child, exited };
}

/** Ends every process whose environment names `root`, by its pid. */
async function endAll(root: string): Promise<void> {
  const ours = () => processesWith(`LONGHAUL_HOME=${root}`);
  for (const pid of ours()) process.kill(pid, 'SIGKILL');
  await waitFor('every process of the test to end', () => ours().length === 0);
}

/** Pids of living processes with this text in their environment, without our own. */
export function processesWith(setting: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(name => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').includes(setting);
      } catch {
        return false; // gone, or another user's
      }
    })
    .map(Number);
}

export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
