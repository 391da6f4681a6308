// Ours: a hub with a method that answers what it is given.
import { createServer } from 'node:http';
import { createHubServer, defineHub } from '@longhaul/hubs';
import { broadcastBytes, payloadOf, run } from './program.ts';

interface Client {
  said(text: string): void;
}
const hub = defineHub<Client>()({
  methods: {
    echo(_call, text: string) {
      return text;
    },
  },
});
const server = createServer();
const hubs = createHubServer(server, { keepAliveIntervalMs: 3_600_000, clientTimeoutIntervalMs: 7_200_000 });
hubs.map('/hub', hub);
const { clients } = hubs.context(hub);
const payload = payloadOf(broadcastBytes);
run({ server, broadcast: () => void clients.all.said(payload) });
