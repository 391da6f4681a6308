// A thread of an app tries to hand a connection over: `node thread.ts TASK PORT`.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { isMainThread, Worker } from 'node:worker_threads';
import { connectAgent, enableTransferOwnership, type LonghaulError, transferOwnership } from '@longhaul/client';
import { app } from './background.ts';

if (isMainThread) new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
else {
  const [taskId = '', port = ''] = process.argv.slice(2);
  await using agent = await connectAgent({ app });
  const socket = new Socket();
  enableTransferOwnership(socket, { taskId });
  socket.connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  const code = await transferOwnership(agent, socket, 'of a thread').catch((error: LonghaulError) => error.code);
  socket.end(`${code}`);
  socket.resume();
  await once(socket, 'close');
}
