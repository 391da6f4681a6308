// The chat's only program that anybody starts: `start.ts [PORT]` listens, hands the listener over, says where, and exits.
import { once } from 'node:events';
import { createServer } from 'node:net';
import {
  BackgroundTaskBuilder,
  connectAgent,
  enableTransferOwnership,
  SocketActivityTrigger,
  transferOwnership,
} from '@longhaul/client';

await using agent = await connectAgent({ app: 'com.example.line-chat' });
const builder = new BackgroundTaskBuilder(agent);
builder.name = 'chat';
builder.taskEntryPoint = './background.ts#run';
builder.setTrigger(new SocketActivityTrigger());
const { taskId } = await builder.register();

const listener = createServer();
enableTransferOwnership(listener, { taskId });
listener.listen(Number(process.argv[2] ?? 0), '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address() as { port: number };
await transferOwnership(agent, listener, 'listener');
console.log(`nc 127.0.0.1 ${port}`);
