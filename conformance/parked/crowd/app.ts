// An app of the crowd: `app.ts APP PORT COUNT` connects that many and hands them over; `app.ts APP listen` hands over a listener.
// Says what it cost, and exits.
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { connectAgent, enableTransferOwnership, transferOwnership } from '@longhaul/client';
import { registerTask } from '../task-of-story.ts';

export type Handed =
  | { readonly port: number }
  | { readonly millisecondsEach: readonly number[]; readonly seconds: number };

const [app = '', port = '', count = '0', atOnce = '32'] = process.argv.slice(2);
await using agent = await connectAgent({ app });
const taskId = await registerTask(agent, 'crowd/task.mjs');
const report = async (handed: Handed) => {
  await new Promise(resolve => process.send?.(handed, resolve));
  process.disconnect?.();
};

if (port === 'listen') {
  const listener = createServer({ pauseOnConnect: true });
  enableTransferOwnership(listener, { taskId });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address() as { port: number };
  await transferOwnership(agent, listener, 'listener');
  await report({ port: address.port });
} else {
  const numbers = Array.from({ length: Number(count) }, (_, index) => index);
  const millisecondsEach: number[] = [];
  const startedAt = performance.now();
  const connectAndHandOver = async () => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      const socket = new Socket();
      enableTransferOwnership(socket, { taskId });
      socket.pause().connect(Number(port), '127.0.0.1');
      await once(socket, 'connect');
      const greeting = Buffer.alloc(4);
      greeting.writeUInt32BE(number);
      await new Promise(resolve => socket.write(greeting, resolve));
      const from = performance.now();
      await transferOwnership(agent, socket, `socket-${number}`);
      millisecondsEach.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: Number(atOnce) }, connectAndHandOver));
  await report({ millisecondsEach, seconds: (performance.now() - startedAt) / 1_000 });
}
