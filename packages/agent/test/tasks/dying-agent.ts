// An agent to be killed: opens the room in a folder, starts one run of ./task.mjs, and stays. node dying-agent.ts FOLDER
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { migrations } from '../../src/migrations.ts';
import { openStore } from '../../src/store/store.ts';
import { openTasks } from '../../src/tasks/door.ts';
import { appId, socketTask } from './room.ts';

const [folder = ''] = process.argv.slice(2);
const state = join(folder, 'state');
mkdirSync(state, { recursive: true, mode: 0o700 });
const entryPoint = './task.mjs#run';
const tasks = await openTasks({
  store: openStore(state, migrations),
  env: process.env,
  log: { info() {}, warn() {}, error() {} },
  limits: { spareHost: false },
  publish: () => {},
  manifestOf: () => ({ folder, tasks: [socketTask(entryPoint)] }),
  broker: {
    lend: async () => ({ socket: null, descriptor: null, closed: { kind: 'stream-socket', context: null } }),
    over() {},
    said() {},
    hostEnded() {},
  },
});
tasks.begin();
const { taskId } = await tasks.register(appId, { name: 'task', entryPoint, trigger: { type: 'socket-activity' } });
console.log(tasks.trigger({ app: appId, taskId, reason: 'socket-activity', socketId: 's' }));
setInterval(() => {}, 60_000);
