// Parked sockets and background tasks, joined: something happens to a socket and a run is recorded; the run starts and gets
// the socket; what its host says about sockets is the broker's to answer. Neither room knows the other.
import { LonghaulError, type RunStatus } from '@longhaul/agent-protocol';
import type { StartOrder } from './keeper/link.ts';
import type { VaultAddress } from './keeper/vault-wire.ts';
import type { Log } from './log.ts';
import { forwardClock } from './platform/forward-clock.ts';
import { openSockets, type SocketFact, type SocketLimits, type Sockets, type Speaker } from './sockets/door.ts';
import type { Store } from './store/store.ts';
import {
  type HostSeat,
  openTasks,
  type TaskBroker,
  type TaskFact,
  type TaskLimits,
  type TaskManifest,
  type Tasks,
} from './tasks/door.ts';

export interface SocketsAndTasksOptions {
  readonly store: Store;
  readonly log: Log;
  readonly order: Pick<StartOrder, 'generation' | 'vaults'>;
  readonly openVault: () => Promise<VaultAddress>;
  /** Of the door that descriptors go through. */
  readonly path: string;
  readonly appOf: (token: string) => string | undefined;
  readonly manifestOf: (app: string) => TaskManifest | undefined;
  readonly publish: (fact: SocketFact | TaskFact) => void;
  /** Of the task hosts. */
  readonly env: NodeJS.ProcessEnv;
  readonly taskLimits?: Partial<TaskLimits>;
  readonly socketLimits?: Partial<SocketLimits>;
}

/** Disposing ends the hosts first, then lets go of the vaults. */
export interface SocketsAndTasks extends AsyncDisposable {
  readonly sockets: Sockets;
  readonly tasks: Tasks;
}

export async function openSocketsAndTasks(options: SocketsAndTasksOptions): Promise<SocketsAndTasks> {
  const { store, log, order, publish } = options;
  const now = forwardClock();
  await using stack = new AsyncDisposableStack();
  // Hosts of an earlier agent are dead when this resolves: only then may their sockets be lent again.
  const tasks = await openTasks({
    store,
    log,
    publish,
    now,
    manifestOf: options.manifestOf,
    env: options.env,
    ...(options.taskLimits !== undefined && { limits: options.taskLimits }),
    broker: brokerOf(() => sockets, log),
  });
  stack.use(tasks);
  const sockets = await openSockets({
    store,
    log,
    publish,
    now,
    generation: order.generation,
    vaults: order.vaults,
    openVault: options.openVault,
    path: options.path,
    appOf: options.appOf,
    ...(options.socketLimits !== undefined && { limits: options.socketLimits }),
    tasks: {
      isRegistered: (app, taskId) => tasks.registrationOf(app, taskId) !== undefined,
      trigger: wanted => tasks.trigger(wanted),
      warmPlace: (app, taskId) => tasks.warmPlace(app, taskId),
      statusOf: runId => statusOf(tasks, runId),
    },
  });
  stack.use(sockets);
  stack.defer(() => tasks[Symbol.asyncDispose]());
  tasks.begin();
  const resources = stack.move();
  return { sockets, tasks, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** What the tasks ask of the sockets, once there are any. */
function brokerOf(sockets: () => Sockets, log: Log): TaskBroker {
  const speakers = new WeakMap<HostSeat, Speaker>();
  const speakerOf = (host: HostSeat): Speaker => {
    let speaker = speakers.get(host);
    if (speaker === undefined) {
      speaker = { by: 'host', app: host.app, pid: host.pid, say: (message, sent) => host.say(message, sent) };
      speakers.set(host, speaker);
    }
    return speaker;
  };
  return {
    lend: (run, host) => sockets().lend(run, host.pid),
    over: (run, outcome) => {
      sockets()
        .over(run, outcome)
        .catch(error =>
          log.error({ err: error, run: run.id }, 'the socket of a run that is over could not be settled'),
        );
    },
    said: (host, message, descriptors) => void sockets().said(speakerOf(host), message, descriptors),
    hostEnded: host => sockets().hostEnded(speakerOf(host)),
  };
}

function statusOf(tasks: Tasks, runId: string): RunStatus | undefined {
  try {
    return tasks.getRun({ role: 'owner' }, runId).status;
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'not-found') return undefined;
    throw error;
  }
}
