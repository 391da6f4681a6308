// What an idle connection holds and what it takes to let it in: WebSockets and hubs over a bare upgraded socket.
import { judge } from './lab/bars.ts';
import { idlers } from './lab/crowd.ts';
import { compileLoad } from './lab/load.ts';
import { alternate, ask, type Subject } from './lab/question.ts';
import * as greetings from './servers/greetings.ts';

const servers = [
  ['bare upgraded socket', 'bare-upgrade', greetings.webSocket],
  ['longhaul', 'websockets', greetings.webSocket],
  ['longhaul hub', 'hub', greetings.hub],
  ['ws', 'ws', greetings.webSocket],
  ['Socket.IO', 'socket-io', greetings.socketIo],
] as const;

await ask('websocket-memory', ['cc'], async lab => {
  const program = compileLoad(lab.folder);
  const connections = lab.isQuick ? 200 : 5_000;
  const subjects: Record<string, Subject> = {};
  for (const [name, server, how] of servers) subjects[name] = idlers({ server, program, connections, how });
  const { rounds, medians } = await alternate(lab, subjects);
  const bytes = (name: string) => medians[name]!.bytesAConnection!;
  const over = (name: string) => bytes(name) - bytes('bare upgraded socket');
  const bar = (what: string, name: string, atMost: number) =>
    judge({
      what,
      unit: 'bytes',
      atMost,
      measured: over(name),
      figures: `${bytes(name).toFixed(0)} bytes a connection; ws ${over('ws').toFixed(0)}, Socket.IO ${over('Socket.IO').toFixed(0)} over it`,
    });
  return {
    setup: { connections },
    rounds,
    medians,
    bars: [
      bar('an idle WebSocket over a bare upgraded socket', 'longhaul', 512),
      bar('an idle hub connection over a bare upgraded socket', 'longhaul hub', 3 * 1024),
    ],
    notes: [
      'Bytes are JavaScript heap and memory bound to it after two collections, less what there was before the crowd came.',
      'Every connection is received from (an iterator or listener waits), as in use.',
    ],
  };
});
