// What every server of the WebSocket and hub questions has in common: it listens, says its port to who started it, and
// answers what that one asks: processor time, memory, a broadcast. Ends when that one goes.
import type { AddressInfo, Server } from 'node:net';

export type Asked = 'cpu' | 'memory' | 'connections' | { readonly broadcast: number };
export type Answer =
  | { readonly port: number }
  | { readonly cpuMicroseconds: number }
  | { readonly bytes: number }
  | { readonly connections: number }
  | 'sent';

export interface Program {
  readonly server: Pick<Server, 'listen' | 'address' | 'getConnections'>;
  /** Sends the payload to everybody, without waiting. */
  readonly broadcast?: () => void;
}

/** What is echoed and broadcast. */
export const payloadOf = (bytes: number): string =>
  'The quick brown fox jumps over the lazy dog. '.repeat(10).slice(0, bytes);
export const broadcastBytes = 200;

export function run({ server, broadcast }: Program): void {
  const say = (answer: Answer): void => void process.send?.(answer);
  process.once('disconnect', () => process.exit(0));
  process.on('message', (asked: Asked) => {
    if (asked === 'cpu') {
      const { user, system } = process.cpuUsage();
      say({ cpuMicroseconds: user + system });
    } else if (asked === 'memory') {
      // Twice: what the first one makes finalizable goes with the second.
      globalThis.gc?.();
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      say({ bytes: heapUsed + external });
    } else if (asked === 'connections') {
      server.getConnections((_error, connections) => say({ connections }));
    } else {
      for (let index = 0; index < asked.broadcast; index += 1) broadcast?.();
      say('sent');
    }
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 8_192 }, () =>
    say({ port: (server.address() as AddressInfo).port }),
  );
}
