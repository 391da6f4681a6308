// An app that connects, hands the connection over and waits to be killed: `node hand-over.ts TASK PORT ID CONTEXT [KEEPALIVE]`.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { connectAgent, enableTransferOwnership, transferOwnership } from '@longhaul/client';
import { app } from './background.ts';

const [taskId = '', port = '', id = '', context = '', keepAliveMs] = process.argv.slice(2);
const agent = await connectAgent({ app });
const socket = new Socket();
enableTransferOwnership(socket, { taskId });
socket.connect(Number(port), '127.0.0.1');
await once(socket, 'connect');
await transferOwnership(agent, socket, id, {
  context: Buffer.from(context, 'base64'),
  keepAliveMs: keepAliveMs === undefined ? null : Number(keepAliveMs),
});
console.log('ready');
setInterval(() => {}, 1_000);
