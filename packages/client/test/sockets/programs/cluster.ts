// A worker of a cluster tries to hand over a listener that is its primary's: `node cluster.ts TASK`.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { connectAgent, enableTransferOwnership, type LonghaulError, transferOwnership } from '@longhaul/client';
import { app } from './background.ts';

if (cluster.isPrimary) cluster.fork();
else {
  await using agent = await connectAgent({ app });
  const server = createServer();
  enableTransferOwnership(server, { taskId: process.argv[2]! });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await transferOwnership(agent, server, 'shared').catch((error: LonghaulError) =>
    console.log(error.code, error.message),
  );
  console.log(server.listening);
  cluster.worker!.kill();
}
