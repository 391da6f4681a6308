// The agent, put together: lock, store, features, hub, doors. The rooms do not know each other; here they are joined, and
// released in the opposite order.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type AgentStatus, agentHubPath } from '@longhaul/agent-protocol';
import { createHubServer, type HubRequest } from '@longhaul/hubs';
import { bearerToken, type Caller, callerByToken } from './api/access.ts';
import { createAgentHub } from './api/agent-hub.ts';
import { Feed } from './api/feed.ts';
import { FrontDoor } from './api/front-door.ts';
import { Logins } from './api/logins.ts';
import { Loopback } from './api/loopback.ts';
import type { AgentMetrics } from './api/metrics.ts';
import { provideOwnerToken } from './api/owner-token.ts';
import { dashboardFolder, readPageFiles } from './api/page-files.ts';
import { Apps } from './apps/apps.ts';
import type { StartOrder } from './keeper/link.ts';
import type { VaultAddress } from './keeper/vault-wire.ts';
import type { Via } from './keeper/wire.ts';
import { openLog } from './log.ts';
import { migrations } from './migrations.ts';
import { agentLockWaitMs, defaults } from './options.ts';
import { type Paths, privateFolders } from './paths.ts';
import { ensurePrivateFolder } from './platform/private-folder.ts';
import { newToken } from './platform/tokens.ts';
import { Settings } from './settings/door.ts';
import { openSocketsAndTasks } from './sockets-and-tasks.ts';
import { acquireLock } from './store/lock.ts';
import { openStore } from './store/store.ts';
import { openTransfers } from './transfers/door.ts';

export interface AgentOptions {
  readonly paths: Paths;
  readonly order: StartOrder;
  readonly keeper: {
    openLoopback(): Promise<number>;
    openVault(): Promise<VaultAddress>;
    askToStop(): Promise<void>;
    askToRenew(): Promise<void>;
  };
}

/** Disposing ends it cleanly: no new calls, the last checkpoints, the store closed. */
export interface Agent extends AsyncDisposable {
  take(via: Via, socket: Socket): void;
}

/** @throws LonghaulError `agent-already-running`, `store-unreadable`, `store-newer`, `unsafe-folder`, `folder-not-writable` */
export async function openAgent({ paths, order, keeper }: AgentOptions): Promise<Agent> {
  await using stack = new AsyncDisposableStack();
  for (const folder of privateFolders(paths)) ensurePrivateFolder(folder);
  stack.use(await acquireLock(paths.stateFolder, 'agent', { waitMs: agentLockWaitMs }));
  const log = stack.use(openLog(paths.logFile));
  const store = stack.use(openStore(paths.stateFolder, migrations));
  const apps = new Apps(store, paths);
  const ownerToken = provideOwnerToken(paths);
  const feed = new Feed();
  const transfers = stack.use(
    await openTransfers({ store, log, publish: fact => feed.publish(fact), proxyEnv: process.env }),
  );

  const { sockets, tasks } = stack.use(
    await openSocketsAndTasks({
      store,
      log,
      order,
      openVault: () => keeper.openVault(),
      path: paths.socketDoorPath,
      appOf: token => apps.appOf(token),
      manifestOf: app => apps.manifestOf(app),
      publish: fact => feed.publish(fact),
      env: process.env,
      taskLimits: { spareHost: process.env.LONGHAUL_SPARE_HOST !== 'off' },
    }),
  );

  const logins = new Logins(defaults.api, newToken);
  const startedAt = Date.now();
  let loopback: { readonly port: number; readonly rules: Loopback } | undefined;
  const front = new FrontDoor({ limits: defaults.api, isHubPath, loopback: () => loopback?.rules });
  const callerOf = (request: HubRequest): Caller | undefined => {
    const via = front.viaOf(request);
    const token = bearerToken(request);
    if (via === undefined || token === undefined) return undefined;
    return callerByToken(via, token, {
      ownerToken,
      appOf: given => apps.appOf(given),
      isSession: given => logins.isSession(given),
    });
  };
  // OpenTelemetry is loaded by the first who asks: an agent whose metrics nobody reads never pays for it.
  let metrics: Promise<AgentMetrics> | undefined;
  const metricsText = async (): Promise<string> => {
    metrics ??= import('./api/metrics.ts').then(
      room =>
        new room.AgentMetrics({
          transfers: () => transfers.list({ role: 'owner' }),
          hubConnections: () => hubs.connectionCount,
          uptimeSeconds: () => (Date.now() - startedAt) / 1_000,
        }),
    );
    return await (await metrics).text();
  };
  const openPort = (port: number): void => {
    const hasSession = (request: IncomingMessage) => callerOf(request) !== undefined;
    const files = readPageFiles(dashboardFolder());
    const rules = new Loopback({
      port,
      files,
      logins,
      limits: defaults.api,
      now: Date.now,
      hasSession,
      isHubPath,
      metrics: metricsText,
      log,
    });
    loopback = { port, rules };
  };
  if (order.loopbackPort !== null) openPort(order.loopbackPort);

  const status = (): AgentStatus => ({
    running: true,
    pid: process.pid,
    keeperPid: order.keeperPid,
    version: ownVersion(),
    socket: order.socketPath,
    dashboardUrl: loopback === undefined ? null : `http://127.0.0.1:${loopback.port}/`,
    startedAt,
    spareHostPid: tasks.spareHostPid,
  });
  const hub = createAgentHub({
    transfers,
    apps,
    settings: new Settings(store),
    sockets,
    tasks,
    status,
    log,
    now: Date.now,
    stop: () => void keeper.askToStop(),
    renew: () => void keeper.askToRenew(),
    openDashboard: async () => {
      if (loopback === undefined) openPort(await keeper.openLoopback());
      return `${status().dashboardUrl}#code=${logins.createCode(Date.now())}`;
    },
  });
  const hubs = createHubServer(front.inner, { log });
  hubs.map(agentHubPath, hub, {
    transports: ['WebSockets'],
    maximumReceiveMessageSize: defaults.api.maxMessageBytes,
    maximumParallelInvocationsPerClient: defaults.api.maxParallelCalls,
    maximumBufferedBytes: defaults.api.maxUnreadBytes,
    authorize: ({ request, step, negotiated }) => {
      // A connection token opens only the door it was negotiated at.
      const isSameDoor = step === 'connect' && negotiated?.via === front.viaOf(request);
      const caller = callerOf(request) ?? (isSameDoor ? negotiated : undefined);
      return caller === undefined ? { allowed: false, status: 401 } : { allowed: true, user: caller };
    },
  });
  feed.attach(hubs.context(hub).clients);
  stack.use(front);
  stack.use(hubs);

  log.info({ socket: order.socketPath, version: ownVersion() }, 'the agent serves');
  const resources = stack.move();
  return {
    take: (via, socket) => front.take(via, socket),
    [Symbol.asyncDispose]: async () => {
      log.info({}, 'the agent ends');
      await resources.disposeAsync();
    },
  };
}

const isHubPath = (path: string): boolean => path === agentHubPath || path === `${agentHubPath}/negotiate`;

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
