// The SDK's composition root: finds or starts the user's agent, proves who is calling, and joins connection, feed and doors.
import { existsSync } from 'node:fs';
import { ensureAgent, findAgent, readGrant, readOwnerToken, waitForAgentEnd } from '@longhaul/agent/launch';
import { resolvePaths } from '@longhaul/agent/paths';
import { AppId, type AppManifest, appIdRule, LonghaulError, type SocketChange } from '@longhaul/agent-protocol';
import * as v from 'valibot';
import { Agent } from './agent.ts';
import { mustBeObject, mustBeText, mustHaveSignal, named, unfit } from './arguments.ts';
import { AgentConnection } from './connection/connection.ts';
import { Link, type LinkEvents } from './connection/link.ts';
import { type ConnectAgentOptions, defaults } from './options.ts';
import { readManifest } from './read-manifest.ts';
import { SettingsDoor } from './settings/settings-door.ts';
import { DoorLink, type DoorLinkOptions } from './sockets/door-link.ts';
import { eventsOfSockets, feedOfSockets } from './sockets/socket-feed.ts';
import { SocketsDoor } from './sockets/sockets-door.ts';
import { eventsOfTasks, feedOfTasks } from './tasks/task-feed.ts';
import { TasksDoor } from './tasks/tasks-door.ts';
import { LimitsFeed } from './transfers/limits-feed.ts';
import { TransferFeed } from './transfers/transfer-feed.ts';
import { TransfersDoor } from './transfers/transfers-door.ts';
import type { ChangeFeed } from './watching/change-feed.ts';

type Env = NodeJS.ProcessEnv;

/** Manifest and app are checked by their schemas. @throws LonghaulError `invalid-argument` */
function checkOptions(options: ConnectAgentOptions): void {
  mustHaveSignal(options);
  const { appName, start, reachTimeoutMs, env } = options;
  if (appName !== undefined) mustBeText('appName', appName);
  if (start !== undefined && start !== 'when-needed' && start !== 'never') {
    throw unfit('start, which is "when-needed" or "never",', start);
  }
  if (reachTimeoutMs !== undefined && !(Number.isFinite(reachTimeoutMs) && reachTimeoutMs > 0)) {
    throw unfit('reachTimeoutMs, a number above 0,', reachTimeoutMs);
  }
  if (env !== undefined) mustBeObject('env', env);
}

/** What `connectAgent` does. */
export async function openAgent(options: ConnectAgentOptions = {}): Promise<Agent> {
  checkOptions(options);
  const { signal, start = defaults.start, reachTimeoutMs = defaults.reachTimeoutMs, env = process.env } = options;
  const manifest = options.manifest === undefined ? undefined : await readManifest(options.manifest);
  const app = options.app === undefined ? manifest?.id : options.app;
  if (app !== undefined) parseAppId(app);
  if (manifest !== undefined && manifest.id !== app) {
    throw new LonghaulError('invalid-argument', `the manifest is of "${manifest.id}", not of "${app}"`);
  }
  // Later a missing grant means that the user unregistered the app.
  let isFirst = true;
  const connection: AgentConnection = new AgentConnection({
    ...defaults,
    reachTimeoutMs,
    dial: async how => {
      const socketPath = await locate({ env, mayStart: start === 'when-needed', ...how });
      if (app !== undefined && isFirst) {
        const isKnown = readGrant(resolvePaths(env), app) !== undefined;
        if (manifest !== undefined) await register(env, socketPath, withName(manifest, options.appName));
        else if (!isKnown) await register(env, socketPath, { id: app, name: options.appName ?? app });
      }
      return await Link.open({ socketPath, token: tokenOf(env, app) }, events, defaults.dialTimeoutMs);
    },
  });
  const feed = new TransferFeed(connection);
  const limits = new LimitsFeed(connection, feed);
  const { transferChanged, transferRemoved } = feed;
  const socketFeed = feedOfSockets(connection);
  const taskFeed = feedOfTasks(connection);
  const events: LinkEvents = {
    transferChanged,
    transferRemoved,
    limitsChanged: limits.limitsChanged,
    ...eventsOfSockets(socketFeed),
    ...eventsOfTasks(taskFeed),
  };
  // Nobody is going to start one: there is nothing to wait for.
  if (start === 'never' && !(await findAgent({ env }))) throw new LonghaulError('agent-not-reachable', 'no agent runs');
  await firstLink(connection, signal);
  isFirst = false;
  const sockets = new SocketsOfApp(connection, socketFeed, { ...defaults, reachTimeoutMs }, env, app);
  const doors = {
    transfers: new TransfersDoor(connection, feed, limits),
    sockets: sockets.door,
    settings: new SettingsDoor(connection),
    tasks: new TasksDoor(connection, taskFeed),
  };
  const leave = (timeoutMs: number) => sockets.leave(timeoutMs);
  return new Agent(connection, doors, app, { end: stop => stopAndWait(env, stop), leave });
}

/** The door for sockets, with a link that exists from the first use on. */
class SocketsOfApp {
  readonly door: SocketsDoor;
  #link: DoorLink | undefined;

  constructor(
    connection: AgentConnection,
    feed: ChangeFeed<SocketChange>,
    options: Omit<DoorLinkOptions, 'find'>,
    env: Env,
    app: string | undefined,
  ) {
    const find: DoorLinkOptions['find'] = async ({ mayStart }) => {
      if (!mayStart && !(await findAgent({ env }))) throw new LonghaulError('agent-not-reachable', 'no agent runs');
      const { path } = await connection.call('getSocketDoor');
      return { path, token: tokenOf(env, app) };
    };
    const open = () => {
      this.#link ??= new DoorLink({ ...options, find });
      return this.#link.door;
    };
    this.door = new SocketsDoor(connection, feed, app === undefined ? undefined : open);
  }

  async leave(timeoutMs: number): Promise<void> {
    await this.#link?.dispose(timeoutMs);
  }
}

interface Search {
  readonly env: Env;
  readonly mayStart: boolean;
  readonly isAfterLoss: boolean;
  readonly signal: AbortSignal;
}

/** Path of the agent's socket. */
async function locate({ env, mayStart, isAfterLoss, signal }: Search): Promise<string> {
  // A keeper takes its endpoint file away when it ends on purpose; one that died leaves it.
  const wasStopped = isAfterLoss && !existsSync(resolvePaths(env).endpointFile);
  const found = mayStart && !wasStopped ? await ensureAgent({ env, signal }) : await findAgent({ env });
  if (found) return found.socketPath;
  throw new LonghaulError('agent-not-reachable', wasStopped ? 'the agent was stopped' : 'no agent runs');
}

function tokenOf(env: Env, app: string | undefined): string {
  const paths = resolvePaths(env);
  const token = app === undefined ? readOwnerToken(paths) : readGrant(paths, app)?.token;
  if (token !== undefined) return token;
  if (app === undefined) throw new LonghaulError('agent-not-reachable', `there is no ${paths.ownerTokenFile} yet`);
  throw new LonghaulError('access-denied', `the app ${app} is no longer registered`);
}

/** Anybody who can read the owner's token is the user, who may register apps: an app's grant alone declares no code. */
async function register(env: Env, socketPath: string, manifest: AppManifest): Promise<void> {
  const link = await Link.open({ socketPath, token: tokenOf(env, undefined) }, {}, defaults.dialTimeoutMs);
  try {
    await link.invoke('registerApp', manifest);
  } finally {
    await link.close();
  }
}

const withName = (manifest: AppManifest, name: string | undefined): AppManifest =>
  name === undefined ? manifest : { name, ...manifest };

async function stopAndWait(env: Env, stop: () => Promise<void>): Promise<void> {
  const endpoint = await findAgent({ env });
  await stop();
  if (endpoint && !(await waitForAgentEnd(endpoint))) {
    throw new LonghaulError('internal', `the keeper (process ${endpoint.keeperPid}) has not ended`);
  }
}

/** Waits for the first link, so that whoever has an Agent knows that there is one. */
async function firstLink(connection: AgentConnection, signal: AbortSignal | undefined): Promise<void> {
  const cancel = () => void connection.dispose(0);
  signal?.addEventListener('abort', cancel);
  try {
    signal?.throwIfAborted();
    using _hold = connection.hold();
    await connection.link();
    signal?.throwIfAborted();
  } catch (error) {
    await connection.dispose(0);
    if (!signal?.aborted) throw error;
    throw new LonghaulError('operation-canceled', 'connecting was given up by the signal', { cause: signal.reason });
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

function parseAppId(app: string): void {
  if (v.is(AppId, app)) return;
  throw new LonghaulError('invalid-argument', `${appIdRule}: not ${named(app)}`);
}
