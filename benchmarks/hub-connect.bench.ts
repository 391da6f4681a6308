// What it costs a server to let a connection in, and how many come in a second: hubs (the upgrade and the hub's handshake) against
// the bare upgrade to a WebSocket, ours and `ws`, and Socket.IO.
import { judge } from './lab/bars.ts';
import { arrivals } from './lab/crowd.ts';
import { compileLoad } from './lab/load.ts';
import { alternate, ask, type Subject } from './lab/question.ts';
import { ratiosTo } from './lab/statistics.ts';
import * as greetings from './servers/greetings.ts';

const servers = [
  ['bare upgraded socket', 'bare-upgrade', greetings.webSocket],
  ['longhaul WebSocket', 'websockets', greetings.webSocket],
  ['longhaul hub', 'hub', greetings.hub],
  ['ws', 'ws', greetings.webSocket],
  ['Socket.IO', 'socket-io', greetings.socketIo],
] as const;

await ask('hub-connect', ['cc'], async lab => {
  const program = compileLoad(lab.folder);
  const connections = lab.isQuick ? 100 : 1_000;
  const crowds = lab.isQuick ? 2 : 8;
  const subjects: Record<string, Subject> = {};
  for (const [name, server, how] of servers) subjects[name] = arrivals({ server, program, connections, how }, crowds);
  const { rounds, medians } = await alternate(lab, subjects);
  const cost = (name: string) => medians[name]!.microsecondsAConnection!;
  const bar = (what: string, other: string, atMost: number) =>
    judge({
      what,
      unit: '×',
      atMost,
      measured: cost('longhaul hub') / cost(other),
      figures: `${cost('longhaul hub').toFixed(0)} µs against ${cost(other).toFixed(0)} µs; ${medians['longhaul hub']!.connectionsASecond!.toFixed(0)} a second against ${medians[other]!.connectionsASecond!.toFixed(0)}`,
    });
  return {
    setup: { connections, crowds, load: 'compiled C, one thread' },
    rounds,
    medians,
    ratios: { 'to a bare upgraded socket': ratiosTo('bare upgraded socket', medians) },
    bars: [
      bar('a hub connection that comes, to a connection of Socket.IO', 'Socket.IO', 1),
      bar('a hub connection that comes, to a WebSocket of ours', 'longhaul WebSocket', 2),
    ],
    notes: [
      'Processor time is the server’s own account of user and system time, all threads, after a warm-up of two crowds.',
      'A crowd comes at once and is gone before the next one. Hubs and Socket.IO are reached without a request before the upgrade.',
    ],
  };
});
