// What a server pays for a message: 100 bytes echoed on 100 connections, one and sixteen a read, against plain TCP, ws and
// Socket.IO.
import { judge } from './lab/bars.ts';
import { echoes } from './lab/echoes.ts';
import { compileLoad, type LoadOptions } from './lab/load.ts';
import { alternate, ask, type Subject } from './lab/question.ts';
import { ratiosTo } from './lab/statistics.ts';
import * as greetings from './servers/greetings.ts';

const connections = 100;
const message = greetings.text;

/** Bytes on the wire are those of the frame in both directions, but for the masking key. */
const raw = { isRaw: true, message: `${message}::` } as const;

await ask('websocket-echo', ['cc'], async lab => {
  const program = compileLoad(lab.folder);
  const subject = (server: string, how: Omit<LoadOptions, 'port' | 'connections' | 'batch'>, batch: number) => {
    const messagesEach = (lab.isQuick ? 20 : 2_000) * (batch > 1 ? 4 : 1);
    return echoes({ server, program, load: { ...how, connections, batch }, messagesEach });
  };
  const subjects: Record<string, Subject> = {};
  for (const batch of [1, 16]) {
    subjects[`${batch} a read: raw net`] = subject('raw-net', raw, batch);
    subjects[`${batch} a read: longhaul`] = subject('websockets', { ...greetings.webSocket, message }, batch);
    subjects[`${batch} a read: ws`] = subject('ws', { ...greetings.webSocket, message }, batch);
    subjects[`${batch} a read: Socket.IO`] = subject(
      'socket-io',
      { ...greetings.socketIo, message: greetings.socketIoEcho },
      batch,
    );
  }
  const { rounds, medians } = await alternate(lab, subjects);
  const bar = (batch: number, atMost: number) => {
    const [ours, floor, ws] = ['longhaul', 'raw net', 'ws'].map(
      name => medians[`${batch} a read: ${name}`]!.microsecondsAMessage!,
    ) as [number, number, number];
    return judge({
      what: `processor time a message, ${batch} a read, to raw net`,
      unit: '×',
      atMost,
      measured: ours / floor,
      figures: `${ours.toFixed(2)} µs against ${floor.toFixed(2)} µs; ws ${(ws / floor).toFixed(2)}×`,
    });
  };
  return {
    setup: { connections, messageBytes: message.length, load: 'compiled C, one thread' },
    rounds,
    medians,
    ratios: {
      'one a read': ratiosTo('1 a read: raw net', of(medians, '1 a read')),
      'sixteen a read': ratiosTo('16 a read: raw net', of(medians, '16 a read')),
    },
    bars: [bar(1, 1.1), bar(16, 1.3)],
    notes: [
      'Processor time is the server’s own account of user and system time, all threads, after a warm-up of a quarter.',
      'Raw net echoes as many bytes as a frame has, without looking at them.',
    ],
  };
});

function of<T>(medians: Record<string, T>, kind: string): Record<string, T> {
  return Object.fromEntries(Object.entries(medians).filter(([name]) => name.startsWith(`${kind}:`)));
}
