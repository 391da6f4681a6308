// An app that takes a socket over and does nothing with it until it is killed: `node hold.ts ID`.
import { connectAgent, SocketActivityInformation } from '@longhaul/client';
import { app } from './background.ts';

const agent = await connectAgent({ app });
await (await SocketActivityInformation.allSockets(agent)).get(process.argv[2]!)!.reclaim();
console.log('ready');
setInterval(() => {}, 1_000);
