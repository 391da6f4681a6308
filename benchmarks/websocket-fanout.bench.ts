// What a server pays to tell 5,000 connections the same 200 bytes, one and eight a tick, against plain TCP, ws, Socket.IO;
// and what a hub adds to it.
import { judge } from './lab/bars.ts';
import { broadcasts } from './lab/crowd.ts';
import { compileLoad } from './lab/load.ts';
import { alternate, ask, type Subject } from './lab/question.ts';
import { ratiosTo } from './lab/statistics.ts';
import * as greetings from './servers/greetings.ts';
import { broadcastBytes } from './servers/program.ts';

const servers = [
  ['raw net', 'raw-net', greetings.plain],
  ['longhaul', 'websockets', greetings.webSocket],
  ['longhaul hub', 'hub', greetings.hub],
  ['ws', 'ws', greetings.webSocket],
  ['Socket.IO', 'socket-io', greetings.socketIo],
] as const;

await ask('websocket-fanout', ['cc'], async lab => {
  const program = compileLoad(lab.folder);
  const connections = lab.isQuick ? 100 : 5_000;
  const subjects: Record<string, Subject> = {};
  for (const perTick of [1, 8]) {
    for (const [name, server, how] of servers) {
      const crowd = { server, program, connections, how };
      subjects[`${perTick} a tick: ${name}`] = broadcasts(crowd, perTick, lab.isQuick ? 4 : perTick === 1 ? 40 : 16);
    }
  }
  const { rounds, medians } = await alternate(lab, subjects);
  const cost = (perTick: number, name: string) => medians[`${perTick} a tick: ${name}`]!.microsecondsAMessage!;
  const bar = (what: string, perTick: number, one: string, other: string, atMost: number) =>
    judge({
      what: `${what}, ${perTick} a tick`,
      unit: '×',
      atMost,
      measured: cost(perTick, one) / cost(perTick, other),
      figures: `${cost(perTick, one).toFixed(2)} µs against ${cost(perTick, other).toFixed(2)} µs a message`,
    });
  return {
    setup: { connections, messageBytes: broadcastBytes, load: 'compiled C, one thread' },
    rounds,
    medians,
    ratios: Object.fromEntries(
      [1, 8].map(perTick => [
        `${perTick} a tick`,
        ratiosTo(
          `${perTick} a tick: raw net`,
          Object.fromEntries(Object.entries(medians).filter(([name]) => name.startsWith(`${perTick} a tick`))),
        ),
      ]),
    ),
    bars: [
      bar('WebSocket fan-out, to raw net writes', 1, 'longhaul', 'raw net', 1.05),
      bar('WebSocket fan-out, to raw net writes', 8, 'longhaul', 'raw net', 0.16),
      bar('hub broadcast, to the WebSocket fan-out', 1, 'longhaul hub', 'longhaul', 1.1),
      bar('hub broadcast, to Socket.IO', 1, 'longhaul hub', 'Socket.IO', 1 / 1.7),
      bar('hub broadcast, to Socket.IO', 8, 'longhaul hub', 'Socket.IO', 1 / 8),
    ],
    notes: [
      'Processor time is the server’s own account of user and system time, all threads, after a warm-up of a quarter.',
      'Raw net writes a frame made beforehand to every socket, each message by a write of its own.',
      'A hub message is 200 bytes of text inside an invocation of the client’s method: 54 bytes more on the wire.',
    ],
  };
});
