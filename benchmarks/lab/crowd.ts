// A crowd of idle connections to one of the servers, for the questions about broadcasts and memory.
import { waitFor } from '@longhaul/testing';
import { Load, type LoadOptions } from './load.ts';
import { MeasuredServer } from './measured-server.ts';
import type { Subject } from './question.ts';

export interface CrowdOptions {
  /** Name of a file in servers/. */
  readonly server: string;
  /** The compiled load. */
  readonly program: string;
  readonly connections: number;
  readonly how: Pick<LoadOptions, 'path' | 'hellos'>;
}

/** Processor time of broadcasts to everybody: `perTick` in one turn, the next ones when all have arrived everywhere. */
export function broadcasts(
  { server, program, connections, how }: CrowdOptions,
  perTick: number,
  turns: number,
): Subject {
  return async () => {
    await using subject = await MeasuredServer.start(server);
    await using crowd = await Load.start(program, { ...how, port: subject.port, connections, batch: 1, message: '-' });
    // The kernel lets them in before the server knows of them.
    await waitFor('the server to have them all', async () => (await subject.connections()) === connections, {
      timeoutMs: 10_000,
    });
    await crowd.count();
    const turn = async () => {
      let missing = perTick * connections;
      await subject.broadcast(perTick);
      await waitFor(
        'the broadcast to arrive everywhere',
        async () => {
          missing -= await crowd.count();
          return missing <= 0;
        },
        { timeoutMs: 30_000, everyMs: 5 },
      );
    };
    for (let index = 0; index < turns / 4; index += 1) await turn();
    const before = await subject.cpuSeconds();
    const from = performance.now();
    for (let index = 0; index < turns; index += 1) await turn();
    const wallSeconds = (performance.now() - from) / 1000;
    const cpuSeconds = (await subject.cpuSeconds()) - before;
    const messages = turns * perTick * connections;
    return { wallSeconds, cpuSeconds, microsecondsAMessage: (cpuSeconds * 1e6) / messages, peakRssMiB: 0 };
  };
}

/** Processor time of connections that come: crowds of `connections`, one after the other, each gone before the next one. */
export function arrivals({ server, program, connections, how }: CrowdOptions, crowds: number): Subject {
  return async () => {
    await using subject = await MeasuredServer.start(server);
    let [wallSeconds, cpuSeconds] = [0, 0];
    const come = async (isMeasured: boolean) => {
      const before = await subject.cpuSeconds();
      const from = performance.now();
      {
        await using _crowd = await Load.start(program, {
          ...how,
          port: subject.port,
          connections,
          batch: 1,
          message: '-',
        });
        if (isMeasured) {
          wallSeconds += (performance.now() - from) / 1000;
          cpuSeconds += (await subject.cpuSeconds()) - before;
        }
      }
      await waitFor('the crowd to be gone', async () => (await subject.connections()) === 0, { timeoutMs: 10_000 });
    };
    for (let index = 0; index < crowds / 4; index += 1) await come(false);
    for (let index = 0; index < crowds; index += 1) await come(true);
    const all = crowds * connections;
    return {
      wallSeconds,
      cpuSeconds,
      microsecondsAConnection: (cpuSeconds * 1e6) / all,
      connectionsASecond: all / wallSeconds,
      peakRssMiB: 0,
    };
  };
}

/** Memory of idle connections, and what it takes to let them in. */
export function idlers({ server, program, connections, how }: CrowdOptions): Subject {
  return async () => {
    await using subject = await MeasuredServer.start(server);
    {
      // What a first connection compiles and loads is not the others' share.
      await using first = await Load.start(program, {
        ...how,
        port: subject.port,
        connections: 100,
        batch: 1,
        message: '-',
      });
      await first.count();
    }
    const [memoryBefore, cpuBefore] = [await subject.memoryBytes(), await subject.cpuSeconds()];
    const from = performance.now();
    await using crowd = await Load.start(program, { ...how, port: subject.port, connections, batch: 1, message: '-' });
    const wallSeconds = (performance.now() - from) / 1000;
    const cpuSeconds = (await subject.cpuSeconds()) - cpuBefore;
    await crowd.count();
    const bytes = (await subject.memoryBytes()) - memoryBefore;
    return {
      wallSeconds,
      cpuSeconds,
      bytesAConnection: bytes / connections,
      microsecondsAConnection: (cpuSeconds * 1e6) / connections,
      peakRssMiB: 0,
    };
  };
}
