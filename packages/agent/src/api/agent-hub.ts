// The agent's hub: each verb asks the feature's door and answers; what a caller can see is its scope, which every door takes.
// What all verbs have in common is in verb.ts, who may call them in verb-roles.ts.
import { isDeepStrictEqual } from 'node:util';
import {
  type AgentClient,
  type AgentStatus,
  AppId,
  AppManifest,
  CreateDownloadRequest,
  cliAppId,
  isTerminal,
  LonghaulError,
  RateLimit,
  TransferId,
  TransferLimitsRequest,
} from '@longhaul/agent-protocol';
import { defineHub } from '@longhaul/hubs';
import type { Apps } from '../apps/apps.ts';
import type { Settings } from '../settings/door.ts';
import type { Sockets } from '../sockets/door.ts';
import type { Tasks } from '../tasks/door.ts';
import type { Transfers } from '../transfers/door.ts';
import type { Caller } from './access.ts';
import { everyWatcher, watchGroup } from './feed.ts';
import { settingMethods } from './setting-verbs.ts';
import { socketMethods } from './socket-verbs.ts';
import { taskMethods } from './task-verbs.ts';
import { type Call, callerOf, createVerb } from './verb.ts';

export interface AgentHubOptions {
  readonly transfers: Transfers;
  readonly apps: Apps;
  readonly settings: Settings;
  readonly sockets: Sockets;
  readonly tasks: Tasks;
  readonly status: () => AgentStatus;
  /** A new link; opens the loopback port when needed. */
  readonly openDashboard: () => Promise<string>;
  readonly stop: () => void;
  readonly renew: () => void;
  readonly now: () => number;
  readonly log: { error(facts: object, message: string): void };
}

export function createAgentHub(options: AgentHubOptions) {
  const { transfers, apps, settings, sockets, tasks } = options;
  /** Connections of apps, so that an unregistered app's end with it. */
  const connections = new Map<string, Call>();
  const verb = createVerb(options.log);

  return defineHub<AgentClient, Caller>()({
    name: 'agent',
    onConnected(call) {
      const { scope } = callerOf(call);
      if (scope.role === 'app') apps.require(scope.app);
      connections.set(call.connectionId, call);
    },
    onDisconnected(call) {
      connections.delete(call.connectionId);
    },
    methods: {
      createDownload: verb('createDownload', [CreateDownloadRequest], ({ scope }, [request]) =>
        transfers.create(scope.role === 'app' ? scope.app : cliAppId, request),
      ),
      startTransfer: verb('startTransfer', [TransferId], ({ scope }, [id]) => transfers.start(scope, id)),
      getTransfer: verb('getTransfer', [TransferId], ({ scope }, [id]) => transfers.get(scope, id)),
      listTransfers: verb('listTransfers', [], ({ scope }) => transfers.list(scope)),
      watchTransfers: verb('watchTransfers', [], async ({ scope }, _, call) => {
        // First the group, then the list: what changes in between comes twice rather than not at all.
        await call.groups.add(call.connectionId, watchGroup(scope, 'transfers'));
        await call.groups.add(call.connectionId, everyWatcher);
        return transfers.list(scope);
      }),
      pauseTransfer: verb('pauseTransfer', [TransferId], ({ scope }, [id]) => transfers.pause(scope, id)),
      resumeTransfer: verb('resumeTransfer', [TransferId], ({ scope }, [id]) => transfers.resume(scope, id)),
      cancelTransfer: verb('cancelTransfer', [TransferId], ({ scope }, [id]) => transfers.cancel(scope, id)),
      removeTransfer: verb('removeTransfer', [TransferId], ({ scope }, [id]) => {
        if (scope.role === 'browser' && !isTerminal(transfers.get(scope, id).status)) {
          throw new LonghaulError('access-denied', 'a dashboard removes only what has ended: cancel it first');
        }
        return transfers.remove(scope, id);
      }),
      retryTransfer: verb('retryTransfer', [TransferId], ({ scope }, [id]) => transfers.retry(scope, id)),
      cancelAllTransfers: verb('cancelAllTransfers', [], ({ scope }) => transfers.cancelAll(scope)),
      removeFinishedTransfers: verb('removeFinishedTransfers', [], ({ scope }) => transfers.removeFinished(scope)),
      getTransferDetails: verb('getTransferDetails', [TransferId], ({ scope }, [id]) => transfers.details(scope, id)),
      setTransferLimit: verb('setTransferLimit', [TransferId, RateLimit], ({ scope }, [id, limit]) =>
        transfers.setLimit(scope, id, limit),
      ),
      getLimits: verb('getLimits', [], () => transfers.limits),
      setLimits: verb('setLimits', [TransferLimitsRequest], (_, [limits]) => transfers.setLimits(limits)),
      ...settingMethods(verb, settings),
      ...socketMethods(verb, sockets),
      ...taskMethods(verb, tasks, app => apps.manifestOf(app)),
      getStatus: verb('getStatus', [], () => options.status()),
      openDashboard: verb('openDashboard', [], async () => ({ url: await options.openDashboard() })),
      registerApp: verb('registerApp', [AppManifest], async (_, [manifest]) => {
        const before = apps.manifestOf(manifest.id);
        const record = await apps.register(manifest, options.now(), declared => tasks.checkModules(declared));
        // Apps register whenever they connect, from within a task too: what is as it was says nothing of the code.
        if (!isDeepStrictEqual(apps.manifestOf(manifest.id), before)) tasks.renew(manifest.id);
        return record;
      }),
      unregisterApp: verb('unregisterApp', [AppId], async (_, [id]) => {
        apps.require(id);
        // Its grant goes first, so that nothing new comes while the rest is removed.
        apps.revoke(id);
        for (const call of connections.values()) if (callerOf(call).id === `app:${id}`) call.abort();
        await tasks.removeApp(id);
        await transfers.removeApp(id);
        await sockets.removeApp(id);
        await settings.removeApp(id);
        await apps.unregister(id);
      }),
      listApps: verb('listApps', [], () => apps.list()),
      stopAgent: verb('stopAgent', [], () => options.stop()),
      restartAgent: verb('restartAgent', [], () => options.renew()),
    },
  });
}
