// An app in a whole agent with its keeper: registered with one task that sockets wake, connected to the hub with its grant, and a
// guest at the door for sockets.
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { AppRecord, TaskRecord } from '@longhaul/agent-protocol';
import type { Home } from '../process/home.ts';
import { makeApp, socketTask } from '../tasks/room.ts';
import { Guest } from './room.ts';

/** `program` is the module of the task; it exports `run`. */
export async function openApp(t: TestContext, home: Home, program: string) {
  await home.ensure();
  const folder = makeApp(t, { 'task.mjs': program });
  const owner = await home.owner();
  const manifest = { id: 'a', folder, tasks: [socketTask('./task.mjs#run')] };
  const { grantFile } = await owner.invoke<AppRecord>('registerApp', manifest);
  const { token } = JSON.parse(readFileSync(grantFile, 'utf8')) as { token: string };
  const app = await home.connect(token);
  const { path } = await app.invoke<{ path: string }>('getSocketDoor');
  const wanted = { name: 'task', entryPoint: './task.mjs#run', trigger: { type: 'socket-activity' } };
  const { taskId } = await app.invoke<TaskRecord>('registerTask', wanted);
  return { folder, owner, app, token, path, taskId, guest: await Guest.open(t, path, token) };
}
