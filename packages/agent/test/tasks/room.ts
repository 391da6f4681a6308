// A tasks room over a store of its own, with a broker that lends nothing and takes notes; and an app of programs that can
// import the SDK.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  isRunOver,
  type ManifestTask,
  type RunDetails,
  type RunRecord,
  type SocketReason,
} from '@longhaul/agent-protocol';
import { waitFor } from '@longhaul/testing';
import { migrations } from '../../src/migrations.ts';
import { openStore } from '../../src/store/store.ts';
import { openTasks, type RunOutcome, type SocketRun, type TaskFact, type Tasks } from '../../src/tasks/door.ts';
import type { TaskLimits } from '../../src/tasks/options.ts';

export const owner = { role: 'owner' } as const;
export const appId = 'com.example.app';

/** The workspace's own, where a program of an app finds the SDK. */
const modules = join(import.meta.dirname, '../../../../node_modules');

/** A folder with programs, each a module by its name. Removed after the test. */
export function makeApp(t: TestContext, programs: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-tasks-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(modules, join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, name), text);
  return folder;
}

export interface Room {
  readonly tasks: Tasks;
  readonly facts: TaskFact[];
  /** What the broker was told, in order. */
  readonly told: string[];
  readonly over: ReadonlyMap<string, RunOutcome>;
  readonly lent: SocketRun[];
  /** What was logged as an error. */
  readonly errors: string[];
  /** Registers a task of the app, once for each entry point, and triggers a run of it. */
  run(entryPoint: string, more?: { app?: string; reason?: SocketReason }): Promise<string>;
  /** Resolves when the run is over. */
  ended(id: string): Promise<RunDetails>;
  reached(id: string, what: string, isTrue: (run: RunDetails) => boolean): Promise<RunDetails>;
  close(): Promise<void>;
}

export interface RoomOptions {
  readonly folder: string;
  /** Where the store is; by default beside the programs. */
  readonly state?: string;
  readonly limits?: Partial<TaskLimits>;
  /** By default every program's `run`. */
  readonly declared?: readonly ManifestTask[];
  readonly lend?: (run: SocketRun) => 'obsolete' | Error | undefined;
  readonly isBegun?: boolean;
}

const programsIn = (folder: string): ManifestTask[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('js'))
    .map(name => socketTask(`./${name}#run`));

export const socketTask = (entryPoint: string): ManifestTask => ({ entryPoint, triggers: ['socket-activity'] });

export async function openRoom(t: TestContext, options: RoomOptions): Promise<Room> {
  const state = options.state ?? join(options.folder, 'state');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const store = openStore(state, migrations);
  const declared = options.declared ?? programsIn(options.folder);
  const facts: TaskFact[] = [];
  const told: string[] = [];
  const over = new Map<string, RunOutcome>();
  const lent: SocketRun[] = [];
  const errors: string[] = [];
  const tasks = await openTasks({
    store,
    env: process.env,
    log: { info() {}, warn() {}, error: (_, message) => void errors.push(message) },
    limits: { warmMs: 60_000, spareHost: false, ...options.limits },
    publish: fact => facts.push(fact),
    manifestOf: () => ({ folder: options.folder, tasks: declared }),
    broker: {
      async lend(run) {
        lent.push(run);
        told.push(`lend ${run.id}`);
        const answer = options.lend?.(run);
        if (answer instanceof Error) throw answer;
        return answer ?? { socket: null, descriptor: null, closed: { kind: 'stream-socket', context: null } };
      },
      over(run, outcome) {
        told.push(`${outcome} ${run.id}`);
        over.set(run.id, outcome);
      },
      said: (_, message) => told.push(`said ${message.type}`),
      hostEnded: () => told.push('host ended'),
    },
  });
  if (options.isBegun !== false) tasks.begin();
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await tasks[Symbol.asyncDispose]();
    store[Symbol.dispose]();
  };
  t.after(close);
  const registered = new Map<string, string>();
  const reached: Room['reached'] = (id, what, isTrue) =>
    waitFor(
      `run ${id}: ${what}`,
      () => {
        const run = tasks.getRun(owner, id);
        return isTrue(run) ? run : undefined;
      },
      { timeoutMs: 20_000 },
    );
  return {
    tasks,
    facts,
    told,
    over,
    lent,
    errors,
    reached,
    close,
    ended: id => reached(id, 'its end', ({ status }) => isRunOver(status)),
    async run(entryPoint, { app = appId, reason = 'socket-activity' } = {}) {
      const key = `${app} ${entryPoint}`;
      let taskId = registered.get(key);
      if (taskId === undefined) {
        const request = { name: entryPoint, entryPoint, trigger: { type: 'socket-activity' } } as const;
        ({ taskId } = await tasks.register(app, request));
        registered.set(key, taskId);
      }
      return tasks.trigger({ app, taskId, reason, socketId: 'one' });
    },
  };
}

export const statusOf = ({ status, attempt, error }: RunRecord) => ({ status, attempt, error: error?.message ?? null });
