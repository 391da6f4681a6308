// How soon a byte of the peer runs the first line of an app's code: of a parked socket's task, with its host warm, with none but a
// spare one, and with none at all, against a `net` server that is running, a bare start of Node, and the usual ways to start a program for a connection.
import { setTimeout as delay } from 'node:timers/promises';
import { judge } from './lab/bars.ts';
import { BuiltAgent } from './lab/built-agent.ts';
import { bareNode, firstLineOf, Reader, Starter } from './lab/first-lines.ts';
import { MeasuredServer } from './lab/measured-server.ts';
import { proportionalMiB } from './lab/processes.ts';
import { ask } from './lab/question.ts';
import { median, medians, quantile } from './lab/statistics.ts';

/** Between two wakes, so that each finds everybody asleep. Milliseconds. */
const restMs = 20;

await ask('parked-wake', ['socat', 'systemd-socket-activate'], async lab => {
  const agent = lab.use(await BuiltAgent.start(lab, 'agent'));
  const crowd = lab.use(await agent.crowd('com.example.wake'));
  const listeners = lab.use(await agent.crowd('com.example.listener'));
  await crowd.park(1);
  const spareMiB = proportionalMiB(await agent.spareHost());
  const listener = await listeners.listen();
  const inProcess = lab.use(await MeasuredServer.start('first-line'));
  const systemd = lab.use(
    await Starter.open(port => ['systemd-socket-activate', '--accept', '--inetd', '--listen', `127.0.0.1:${port}`]),
  );
  const socat = lab.use(
    await Starter.open(port => ['socat', `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`], 'EXEC'),
  );
  const [warmWakes, coldWakes] = lab.isQuick ? [20, 2] : [200, 8];
  const rounds: Record<string, Record<string, number>>[] = [];
  for (let round = 0; round < lab.rounds; round++) {
    const times: Record<string, number[]> = {};
    const note = (name: string, us: number) => {
      times[name] = [...(times[name] ?? []), us];
    };
    for (let count = 0; count < warmWakes; count++) {
      note('warm', (await crowd.wake([0]))[0]!);
      await delay(restMs);
    }
    using reader = await Reader.open(inProcess.port);
    for (let count = 0; count < warmWakes; count++) {
      note('net', await reader.ask());
      await delay(restMs);
    }
    for (let count = 0; count < coldWakes; count++) {
      await agent.killHosts();
      await agent.spareHost();
      await delay(restMs);
      note('cold', (await crowd.wake([0]))[0]!);
      note('node', await bareNode());
      await agent.spareHost();
      await delay(restMs);
      note('coldListener', await firstLineOf(listener));
      await handedBack(agent);
      await agent.killHosts();
      await agent.killSpareHost();
      note('noSpare', (await crowd.wake([0]))[0]!);
      note('noSpareListener', await firstLineOf(listener));
      note('systemd', await firstLineOf(systemd.port));
      note('socat', await firstLineOf(socat.port));
      await handedBack(agent);
    }
    rounds.push(
      Object.fromEntries(
        Object.entries(times).map(([name, all]) => [name, { p50Us: median(all), p99Us: quantile(all, 0.99) }]),
      ),
    );
    console.log(
      `  ${round + 1}  ${Object.entries(times)
        .map(([name, all]) => `${name} ${median(all).toFixed(0)} µs`)
        .join('  ')}`,
    );
  }
  const middle = medians(rounds);
  const us = (name: string) => middle[name]!.p50Us!;
  const ms = (name: string) => `${(us(name) / 1_000).toFixed(1)} ms`;
  return {
    setup: { warmWakes, coldWakes, restMs, rounds: lab.rounds },
    rounds,
    medians: middle,
    bars: [
      judge({
        what: 'from a write to the first line of a warm task, to an in-process `net` read, p50',
        unit: '×',
        atMost: 3,
        measured: us('warm') / us('net'),
        figures: `${us('warm').toFixed(0)} µs against ${us('net').toFixed(0)} µs`,
      }),
      judge({
        what: 'the same with no task host of the app running, to `node -e 0`, p50',
        unit: '×',
        atMost: 1.5,
        measured: us('cold') / us('node'),
        figures: `${ms('cold')} against ${ms('node')}; a connection: parked listener ${ms('coldListener')}, systemd-socket-activate ${ms('systemd')}, socat ${ms('socat')}`,
      }),
      judge({
        what: 'the same with no spare host either (two apps woken within a second, or LONGHAUL_SPARE_HOST=off), p50',
        unit: '×',
        atMost: 1.5,
        measured: us('noSpare') / us('node'),
        figures: `${ms('noSpare')} against ${ms('node')}; a connection: parked listener ${ms('noSpareListener')}`,
      }),
    ],
    notes: [
      'One clock (CLOCK_MONOTONIC): read before the write and in the first line, in the processes where they happen.',
      'Agent, vault, task host and SDK are the built files, and the task is JavaScript, as a built app has it. It imports @longhaul/client; the programs of systemd and socat import nothing. A task in TypeScript waits 22 to 28 ms more (decision 176).',
      `One host waits for the next app that needs one (decision 177): it is there a second after the last one was taken, and costs ${spareMiB.toFixed(0)} MiB (PSS).`,
      'systemd-socket-activate and socat start a program for each connection; a connection cannot outlive that program.',
    ],
  };
});

async function handedBack({ owner }: BuiltAgent): Promise<void> {
  for (;;) {
    const sockets = await owner.sockets.list();
    if (sockets.every(({ status }) => status === 'parked')) return;
    await delay(5);
  }
}
