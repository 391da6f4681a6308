// 15,000 parked connections in one vault: what each costs in memory and to hand over, and how soon all are heard again after the
// agent was killed, against an agent that has one. Then 45,000 in three.
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@longhaul/testing';
import type { Crowd } from '../conformance/parked/crowd/crowd.ts';
import { judge } from './lab/bars.ts';
import { BuiltAgent } from './lab/built-agent.ts';
import { idlers } from './lab/crowd.ts';
import { heapBytes } from './lab/heap.ts';
import { compileLoad } from './lab/load.ts';
import { residentMiB } from './lab/processes.ts';
import { ask } from './lab/question.ts';
import { median, quantile } from './lab/statistics.ts';
import * as greetings from './servers/greetings.ts';

await ask('parked-crowd', ['cc'], async lab => {
  const each = lab.isQuick ? 500 : 15_000;
  const groups = lab.isQuick ? 2 : 3;
  const serial = lab.isQuick ? 50 : 500;
  const kills = lab.isQuick ? 1 : 3;
  const agent = lab.use(await BuiltAgent.start(lab, 'agent'));
  const open = async (name: string) => lab.use(await agent.crowd(`com.example.${name}`));

  const single = await open('single');
  await single.park(1);
  await single.wake([0]);
  const alone: number[] = [];
  for (let kill = 0; kill < kills; kill++) alone.push(await heardAgainMs(agent, [single], 1));

  const memory = async () => {
    await delay(2_000); // what is told at intervals has been told
    const { agent: pid, vaults } = await agent.pids();
    const all = [pid, ...vaults];
    let bytes = 0;
    for (const one of all) bytes += await heapBytes(one);
    return { bytes, residentMiB: all.reduce((sum, one) => sum + residentMiB(one), 0) };
  };
  const before = await memory();
  const crowds = [await open('crowd-1')];
  // With the single one the vault is full, and no second one is opened: what a process costs is not these sockets'.
  const inOneVault = each - 1;
  const { millisecondsEach, seconds } = await crowds[0]!.park(inOneVault);
  const after = await memory();
  const bytesEach = (after.bytes - before.bytes) / inOneVault;
  console.log(`  ${bytesEach.toFixed(0)} bytes a socket, handed over in ${seconds.toFixed(1)} s`);

  const heard: Record<string, number[]> = { one: [], all: [] };
  for (let kill = 0; kill < kills; kill++) heard.one!.push(await heardAgainMs(agent, crowds, each - serial));
  const oneAtATime = (await (await open('serial')).park(serial, 1)).millisecondsEach;
  for (let group = 2; group <= groups; group++) {
    const crowd = await open(`crowd-${group}`);
    await crowd.park(group === groups ? each - serial : each);
    crowds.push(crowd);
  }
  for (let kill = 0; kill < kills; kill++) heard.all!.push(await heardAgainMs(agent, crowds, each - serial));
  const counts = await Promise.all(crowds.map(crowd => crowd.count()));
  const lost = counts.reduce((sum, { ended }) => sum + ended, 0);

  const program = compileLoad(lab.folder);
  const rival = async (server: string) => {
    const connections = lab.isQuick ? 200 : 3_000;
    return (await idlers({ server, program, connections, how: greetings.webSocket })()).bytesAConnection!;
  };
  const [netSocket, ws] = [await rival('bare-upgrade'), await rival('ws')];
  const [startMs, oneMs, allMs] = [median(alone), median(heard.one!), median(heard.all!)];
  const total = (each * groups).toLocaleString('en');
  return {
    setup: { sockets: each, groups, kills },
    rounds: [{ alone, ...heard }],
    medians: {
      memory: {
        bytesEach,
        residentBytesEach: ((after.residentMiB - before.residentMiB) * 1024 ** 2) / inOneVault,
        netSocket,
        ws,
      },
      handOver: {
        oneAtATimeP50Ms: median(oneAtATime),
        of32P50Ms: median(millisecondsEach),
        of32P99Ms: quantile(millisecondsEach, 0.99),
        of32EachMs: (seconds * 1_000) / inOneVault,
      },
      heardAgainMs: { alone: startMs, one: oneMs, all: allMs },
      lost,
    },
    bars: [
      judge({
        what: `a parked connection, in agent and vault together`,
        unit: 'bytes',
        atMost: 400,
        measured: bytesEach,
        figures: `an idle net.Socket ${netSocket.toFixed(0)}, ws ${ws.toFixed(0)}`,
      }),
      judge({
        what: `agent killed with ${each.toLocaleString('en')} parked: until all are heard again, to one parked`,
        unit: '×',
        atMost: 2,
        measured: oneMs / startMs,
        figures: `${oneMs.toFixed(0)} ms against ${startMs.toFixed(0)} ms`,
      }),
      judge({
        what: `agent killed with ${total} parked in ${groups} vaults: the same`,
        unit: '×',
        atMost: 2,
        measured: allMs / startMs,
        figures: `${allMs.toFixed(0)} ms; ${lost} connections lost`,
      }),
    ],
    notes: [
      'Bytes are JavaScript heap and memory bound to it in agent and vault after two collections, less what there was before.',
      'Heard again: from the SIGKILL to the moment at which the last of the runs was recorded that bytes started which came when there was no agent, of sockets chosen evenly.',
      `The whole of transferOwnership, durable: ${median(oneAtATime).toFixed(2)} ms (p50) one at a time, ${((seconds * 1_000) / inOneVault).toFixed(2)} ms each with 32 at a time, connecting included; the bare pass of a descriptor is in fd-passing.`,
      'Agent, vaults, task hosts and SDK are the built files.',
    ],
  };
});

/** SIGKILL of the agent; peers write at once; until what they wrote has been noticed. Every line is answered rightly. */
async function heardAgainMs(agent: BuiltAgent, crowds: readonly Crowd[], each: number): Promise<number> {
  const apps = new Set(crowds.map(({ app }) => app));
  const sample = Array.from({ length: Math.min(each, 16) }, (_, index) =>
    Math.floor((index * each) / Math.min(each, 16)),
  );
  const at = await agent.kill();
  await Promise.all(crowds.map(crowd => crowd.wake(sample)));
  const runs = await waitFor('the runs', async () => {
    const since = (await agent.owner.tasks.listRuns()).filter(run => run.queuedAt >= at && apps.has(run.app));
    return since.length >= sample.length * crowds.length ? since : undefined;
  });
  return Math.max(...runs.map(({ queuedAt }) => queuedAt)) - at;
}
