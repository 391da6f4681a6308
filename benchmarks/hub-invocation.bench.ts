// What a hub invocation (JSON) costs a server: an echo of 100 bytes of text against a bare WebSocket that echoes as many
// bytes as the invocation has, and Socket.IO's event and answer.
import { judge } from './lab/bars.ts';
import { echoes } from './lab/echoes.ts';
import { compileLoad, type LoadOptions } from './lab/load.ts';
import { alternate, ask } from './lab/question.ts';
import { ratiosTo } from './lab/statistics.ts';
import * as greetings from './servers/greetings.ts';

const connections = 100;

await ask('hub-invocation', ['cc'], async lab => {
  const program = compileLoad(lab.folder);
  const subject = (server: string, how: Pick<LoadOptions, 'path' | 'hellos' | 'message'>) =>
    echoes({ server, program, load: { ...how, connections, batch: 1 }, messagesEach: lab.isQuick ? 20 : 2_000 });
  const { rounds, medians } = await alternate(lab, {
    'longhaul WebSocket': subject('websockets', { ...greetings.webSocket, message: greetings.hubEcho }),
    'longhaul hub': subject('hub', { ...greetings.hub, message: greetings.hubEcho }),
    'Socket.IO': subject('socket-io', { ...greetings.socketIo, message: greetings.socketIoEcho }),
  });
  const [hub, echo] = [
    medians['longhaul hub']!.microsecondsAMessage!,
    medians['longhaul WebSocket']!.microsecondsAMessage!,
  ];
  return {
    setup: { connections, textBytes: greetings.text.length, load: 'compiled C, one thread' },
    rounds,
    medians,
    ratios: { 'to a bare WebSocket echo': ratiosTo('longhaul WebSocket', medians) },
    bars: [
      judge({
        what: 'processor time of an invocation, to a bare WebSocket echo',
        unit: '×',
        atMost: 1.4,
        measured: hub / echo,
        figures: `${hub.toFixed(2)} µs against ${echo.toFixed(2)} µs`,
      }),
    ],
    notes: [
      'Processor time is the server’s own account of user and system time, all threads, after a warm-up of a quarter.',
    ],
  };
});
