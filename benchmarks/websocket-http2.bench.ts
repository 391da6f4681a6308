// What a WebSocket on HTTP/2 costs over the stream that carries it: 100 bytes echoed on 100 connections, one and sixteen a
// read. The load is a Node process, the same for both.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { judge } from './lab/bars.ts';
import type { Http2LoadAsked } from './lab/load-http2.ts';
import { MeasuredServer } from './lab/measured-server.ts';
import { alternate, ask, type Subject } from './lab/question.ts';
import * as greetings from './servers/greetings.ts';

const connections = 100;
const message = greetings.text;
/** A frame of the client has a masking key, one of the server has none; the stream answers with what came. */
const frameBytes = { 'http2-stream': message.length + 6, 'websockets-http2': message.length + 2 } as const;

await ask('websocket-http2', [], async lab => {
  const subject = (server: keyof typeof frameBytes, batch: number): Subject => {
    return async () => {
      await using echo = await MeasuredServer.start(server);
      const load = fork(path.join(import.meta.dirname, 'lab', 'load-http2.ts'));
      try {
        const say = async (asked: Http2LoadAsked): Promise<void> => {
          load.send(asked);
          const [answer] = await Promise.race([once(load, 'message'), once(load, 'exit')]);
          if (answer !== 'done') throw new Error('the load ended; its words are above');
        };
        await say({ port: echo.port, connections, batch, message, answerBytes: frameBytes[server] });
        const messagesEach = (lab.isQuick ? 16 : 1_600) * (batch > 1 ? 4 : 1);
        await say({ messagesEach: messagesEach / 4 });
        const before = await echo.cpuSeconds();
        const from = performance.now();
        await say({ messagesEach });
        const wallSeconds = (performance.now() - from) / 1000;
        const cpuSeconds = (await echo.cpuSeconds()) - before;
        return {
          wallSeconds,
          cpuSeconds,
          microsecondsAMessage: (cpuSeconds * 1e6) / (messagesEach * connections),
          peakRssMiB: 0,
        };
      } finally {
        load.kill('SIGKILL');
      }
    };
  };
  const subjects: Record<string, Subject> = {};
  for (const batch of [1, 16]) {
    subjects[`${batch} a read: Http2Stream`] = subject('http2-stream', batch);
    subjects[`${batch} a read: longhaul`] = subject('websockets-http2', batch);
  }
  const { rounds, medians } = await alternate(lab, subjects);
  const bar = (batch: number, atMost: number) => {
    const [ours, floor] = ['longhaul', 'Http2Stream'].map(
      name => medians[`${batch} a read: ${name}`]!.microsecondsAMessage!,
    ) as [number, number];
    return judge({
      what: `processor time a message on HTTP/2, ${batch} a read, to Http2Stream`,
      unit: '×',
      atMost,
      measured: ours / floor,
      figures: `${ours.toFixed(2)} µs against ${floor.toFixed(2)} µs`,
    });
  };
  return {
    setup: { connections, messageBytes: message.length, load: 'Node, one process, one session a connection' },
    rounds,
    medians,
    bars: [bar(1, 1.05), bar(16, 1.6)],
    notes: [
      'Processor time is the server’s own account of user and system time, all threads, after a warm-up of a quarter.',
      'Both streams are opened by an extended CONNECT and get the same frames; the floor echoes them without looking.',
    ],
  };
});
