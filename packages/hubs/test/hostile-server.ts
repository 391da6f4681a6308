// The server of hostile-memory.test.ts, a process of its own so that nothing but the hub is in its memory. Over IPC it says
// where it listens; asked, it collects its garbage and tells what is left, and who is connected.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHubServer, defineHub } from '@longhaul/hubs';

const hub = defineHub()({
  methods: {
    ping: () => 'pong',
    echo: (_call, value: unknown) => value,
    join: (call, name: string) => call.groups.add(call.connectionId, name),
    hang: call => new Promise<void>(resolve => call.signal.addEventListener('abort', () => resolve())),
    async *waiting(call) {
      await new Promise<void>(resolve => call.signal.addEventListener('abort', () => resolve()));
      yield 1;
    },
    hoard: (call, _items: AsyncIterable<unknown>) =>
      new Promise<void>(resolve => call.signal.addEventListener('abort', () => resolve())),
  },
});

const server = createServer();
// Where nothing more is read, the death of a client is noticed by a Ping that cannot be written.
const hubs = createHubServer(server, { keepAliveIntervalMs: 50 });
hubs.map('/hub', hub);
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }));

process.on('message', async () => {
  globalThis.gc!();
  // What held bytes outside of the heap is swept beside the program, and counted afterwards.
  await new Promise(resolve => setTimeout(resolve, 20));
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  process.send!({ bytes: heapUsed + external, connections: hubs.connectionCount });
});
process.on('disconnect', () => process.exit());
