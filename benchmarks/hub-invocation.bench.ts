// What a hub invocation (JSON) costs a server: an echo of 100 bytes of text against a bare WebSocket that echoes as many
// bytes as the invocation has, and Socket.IO's event and answer.
import { judge } from './lab/bars.ts';
import { compileLoad, Load, type LoadOptions } from './lab/load.ts';
import { MeasuredServer } from './lab/measured-server.ts';
import { alternate, ask, type Subject } from './lab/question.ts';
import { ratiosTo } from './lab/statistics.ts';
import * as greetings from './servers/greetings.ts';

const connections = 100;

await ask('hub-invocation', ['cc'], async lab => {
  const program = compileLoad(lab.folder);
  const subject = (server: string, how: Pick<LoadOptions, 'path' | 'hellos' | 'message'>): Subject => {
    return async () => {
      await using echo = await MeasuredServer.start(server);
      await using load = await Load.start(program, { ...how, port: echo.port, connections, batch: 1 });
      const each = lab.isQuick ? 20 : 2_000;
      await load.go(each / 4);
      const before = await echo.cpuSeconds();
      const from = performance.now();
      await load.go(each);
      const wallSeconds = (performance.now() - from) / 1000;
      const cpuSeconds = (await echo.cpuSeconds()) - before;
      return {
        wallSeconds,
        cpuSeconds,
        microsecondsAMessage: (cpuSeconds * 1e6) / (each * connections),
        peakRssMiB: 0,
      };
    };
  };
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
