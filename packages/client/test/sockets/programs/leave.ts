// An app that hands over, takes back and leaves, without disposing anything: `node leave.ts TASK PORT`.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { connectAgent, enableTransferOwnership, SocketActivityInformation, transferOwnership } from '@longhaul/client';
import { app } from './background.ts';

const [taskId = '', port = ''] = process.argv.slice(2);
const agent = await connectAgent({ app });
for (const id of ['kept', 'given back']) {
  const socket = new Socket();
  enableTransferOwnership(socket, { taskId });
  socket.connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  await transferOwnership(agent, socket, id);
}
const all = await SocketActivityInformation.allSockets(agent);
await all.get('kept')!.streamSocket(); // held, and not read
const socket = await all.get('given back')!.streamSocket();
void transferOwnership(agent, socket, 'given back'); // not awaited
console.log('end of the program');
