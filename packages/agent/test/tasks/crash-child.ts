// An agent's life for the crash tests: opens the room in a folder, registers the task with a given id, triggers one run unless
// one was recorded before, lets everything finish, and says as JSON what there is. LONGHAUL_CRASH_AT kills it on the way.
// node crash-child.ts FOLDER TASK-ID
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isRunOver } from '@longhaul/agent-protocol';
import { waitFor } from '@longhaul/testing';
import { migrations } from '../../src/migrations.ts';
import { openStore } from '../../src/store/store.ts';
import { openTasks } from '../../src/tasks/door.ts';
import { socketTask } from './room.ts';

const [folder = '', taskId = ''] = process.argv.slice(2);
const owner = { role: 'owner' } as const;
const app = 'com.example.app';
const state = join(folder, 'state');
mkdirSync(state, { recursive: true, mode: 0o700 });
const store = openStore(state, migrations);
const tasks = await openTasks({
  store,
  env: process.env,
  limits: { spareDelayMs: 50 },
  log: { info() {}, warn() {}, error() {} },
  publish: () => {},
  manifestOf: () => ({ folder, tasks: [socketTask('./work.mjs#run'), socketTask('./dies.mjs#run')] }),
  broker: {
    lend: async () => ({ socket: null, descriptor: null, closed: { kind: 'stream-socket', context: null } }),
    over() {},
    said(_host, _message: unknown, descriptors) {
      for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    },
    hostEnded() {},
  },
});
tasks.begin();
const trigger = { type: 'socket-activity' } as const;
const runs = () => tasks.listRuns(owner, null);
await tasks.register(app, { id: taskId, name: 'work', entryPoint: './work.mjs#run', trigger });
const dies = await tasks.register(app, { name: 'dies', entryPoint: './dies.mjs#run', trigger });
// So that the first host is one that has waited.
await waitFor('a spare host', () => tasks.spareHostPid !== null, { timeoutMs: 20_000 });
if (!runs().some(run => run.taskId === taskId)) {
  tasks.trigger({ app, taskId, reason: 'socket-activity', socketId: 's' });
}
// One that brings its host down once, and one that is canceled.
if (!runs().some(run => run.name === 'dies')) {
  tasks.trigger({ app, taskId: dies.taskId, reason: 'connection-accepted', socketId: 't' });
}
await waitFor('all runs to end', () => runs().every(({ status }) => isRunOver(status)), { timeoutMs: 20_000 });
const canceled = tasks.trigger({ app, taskId, reason: 'keep-alive-timer-expired', socketId: 'u' });
tasks.cancelRun(owner, canceled);
await waitFor('the canceled run to end', () => isRunOver(tasks.getRun(owner, canceled).status));
for (const task of tasks.list(owner)) if (task.name === 'dies') await tasks.unregister(owner, task.taskId, true);
const found = { runs: runs(), tasks: tasks.list(owner) };
await tasks[Symbol.asyncDispose]();
store[Symbol.dispose]();
console.log(JSON.stringify(found));
