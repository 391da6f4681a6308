// A server that answers every message, and the load that sends them: what one message costs the server.
import { Load, type LoadOptions } from './load.ts';
import { MeasuredServer } from './measured-server.ts';
import type { Subject } from './question.ts';

export interface EchoOptions {
  /** Name of a file in servers/. */
  readonly server: string;
  /** The compiled load. */
  readonly program: string;
  readonly load: Omit<LoadOptions, 'port'>;
  /** Messages of each connection that are measured, after a warm-up of a quarter of them. */
  readonly messagesEach: number;
}

export function echoes({ server, program, load: how, messagesEach }: EchoOptions): Subject {
  return async () => {
    await using echo = await MeasuredServer.start(server);
    await using load = await Load.start(program, { ...how, port: echo.port });
    await load.go(messagesEach / 4);
    const before = await echo.cpuSeconds();
    const from = performance.now();
    await load.go(messagesEach);
    const wallSeconds = (performance.now() - from) / 1000;
    const cpuSeconds = (await echo.cpuSeconds()) - before;
    const microsecondsAMessage = (cpuSeconds * 1e6) / (messagesEach * how.connections);
    return { wallSeconds, cpuSeconds, microsecondsAMessage, peakRssMiB: 0 };
  };
}
