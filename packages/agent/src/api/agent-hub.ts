// The agent's hub: each verb parses its arguments, asks the feature's door and answers. Which role has which verb stands in
// one table; what a caller can see is its scope, which every door takes.
import {
  type AgentClient,
  type AgentHub,
  type AgentStatus,
  AppId,
  AppManifest,
  CreateDownloadRequest,
  cliAppId,
  isTerminal,
  LonghaulError,
  RateLimit,
  type Role,
  TransferId,
  TransferLimitsRequest,
} from '@longhaul/agent-protocol';
import { defineHub, type HubCall } from '@longhaul/hubs';
import * as v from 'valibot';
import type { Apps } from '../apps/apps.ts';
import type { Transfers } from '../transfers/door.ts';
import type { Caller } from './access.ts';
import { everyWatcher, watchGroup } from './feed.ts';
import { hubErrorOf } from './hub-errors.ts';

export interface AgentHubOptions {
  readonly transfers: Transfers;
  readonly apps: Apps;
  readonly status: () => AgentStatus;
  /** A new link; opens the loopback port when needed. */
  readonly openDashboard: () => Promise<string>;
  readonly stop: () => void;
  readonly renew: () => void;
  readonly now: () => number;
  readonly log: { error(facts: object, message: string): void };
}

/** Who may call what. `owner` and `app` exist only on the Unix socket, `browser` only on the loopback port. */
export const verbRoles = Object.freeze({
  createDownload: ['owner', 'app'],
  startTransfer: ['owner', 'app'],
  getTransfer: ['owner', 'app', 'browser'],
  listTransfers: ['owner', 'app', 'browser'],
  watchTransfers: ['owner', 'app', 'browser'],
  pauseTransfer: ['owner', 'app', 'browser'],
  resumeTransfer: ['owner', 'app', 'browser'],
  cancelTransfer: ['owner', 'app', 'browser'],
  removeTransfer: ['owner', 'app', 'browser'],
  retryTransfer: ['owner', 'app', 'browser'],
  cancelAllTransfers: ['owner', 'app', 'browser'],
  removeFinishedTransfers: ['owner', 'app', 'browser'],
  getTransferDetails: ['owner', 'app', 'browser'],
  setTransferLimit: ['owner', 'app', 'browser'],
  getLimits: ['owner', 'app', 'browser'],
  setLimits: ['owner', 'browser'],
  getStatus: ['owner', 'app', 'browser'],
  openDashboard: ['owner'],
  registerApp: ['owner'],
  unregisterApp: ['owner'],
  listApps: ['owner'],
  stopAgent: ['owner'],
  restartAgent: ['owner'],
} as const satisfies Record<keyof AgentHub, readonly Role[]>);

type Call = HubCall<AgentClient, Caller>;
type Schema = v.GenericSchema;
type Outputs<Schemas extends readonly Schema[]> = { -readonly [I in keyof Schemas]: v.InferOutput<Schemas[I]> };

export function createAgentHub(options: AgentHubOptions) {
  const { transfers, apps } = options;
  /** Connections of apps, so that an unregistered app's end with it. */
  const connections = new Map<string, Call>();

  function verb<const Schemas extends readonly Schema[], Result>(
    name: keyof AgentHub,
    schemas: Schemas,
    act: (caller: Caller, args: Outputs<Schemas>, call: Call) => Result | Promise<Result>,
  ) {
    return async (call: Call, ...raw: unknown[]): Promise<Result> => {
      try {
        const caller = callerOf(call);
        const roles: readonly Role[] = verbRoles[name];
        if (!roles.includes(caller.scope.role)) {
          throw new LonghaulError('access-denied', `${name} is not for role "${caller.scope.role}"`);
        }
        return await act(caller, parseArguments(name, schemas, raw), call);
      } catch (error) {
        throw hubErrorOf(error, name, options.log);
      }
    };
  }

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
        await call.groups.add(call.connectionId, watchGroup(scope));
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
      getStatus: verb('getStatus', [], () => options.status()),
      openDashboard: verb('openDashboard', [], async () => ({ url: await options.openDashboard() })),
      registerApp: verb('registerApp', [AppManifest], (_, [manifest]) => apps.register(manifest, options.now())),
      unregisterApp: verb('unregisterApp', [AppId], async (_, [id]) => {
        apps.require(id);
        // Its grant goes first, so that nothing new comes while the rest is removed.
        apps.revoke(id);
        for (const call of connections.values()) if (callerOf(call).id === `app:${id}`) call.abort();
        await transfers.removeApp(id);
        await apps.unregister(id);
      }),
      listApps: verb('listApps', [], () => apps.list()),
      stopAgent: verb('stopAgent', [], () => options.stop()),
      restartAgent: verb('restartAgent', [], () => options.renew()),
    },
  });
}

/** The endpoint lets nobody in without a caller; should it ever, nothing works. */
function callerOf(call: Call): Caller {
  if (call.user === undefined) throw new LonghaulError('access-denied', 'this connection has no caller');
  return call.user;
}

function parseArguments<const Schemas extends readonly Schema[]>(
  name: string,
  schemas: Schemas,
  raw: readonly unknown[],
): Outputs<Schemas> {
  if (raw.length !== schemas.length) {
    throw new LonghaulError('invalid-argument', `${name} takes ${schemas.length} arguments, not ${raw.length}`);
  }
  const parsed = schemas.map((schema, index) => {
    const result = v.safeParse(schema, raw[index]);
    if (result.success) return result.output;
    const [issue] = result.issues;
    const path = issue === undefined ? null : v.getDotPath(issue);
    throw new LonghaulError('invalid-argument', `${name}: ${path ?? `argument ${index + 1}`}: ${issue?.message}`);
  });
  return parsed as Outputs<Schemas>;
}
