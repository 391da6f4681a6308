// A hundred transfers flow at once: what memory do they cost over an idle agent, and how fast does it answer meanwhile?
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { waitFor } from '@longhaul/testing';
import { judge } from './lab/bars.ts';
import { MeasuredAgent } from './lab/measured-agent.ts';
import { Nginx } from './lab/nginx.ts';
import { writeOriginFile } from './lab/origin-file.ts';
import { peakMiB, residentMiB } from './lab/processes.ts';
import { ask, type Lab } from './lab/question.ts';
import { medians, quantile } from './lab/statistics.ts';

const wanted = 100;
const limitKiB = 512;
/** One host gets a few connections only: enough hosts for all. */
const addresses = Array.from({ length: 25 }, (_, index) => `127.0.0.${index + 1}`);

await ask('many-active', ['nginx'], async lab => {
  const calls = lab.isQuick ? 50 : 400;
  const sizeMiB = lab.isQuick ? 16 : 64;
  const origin = lab.use(await Nginx.start({ folder: lab.folder, addresses, slowBytesPerSecond: limitKiB * 1024 }));
  writeOriginFile(path.join(origin.files, 'file'), sizeMiB * 1024 * 1024);
  const rounds: Record<string, Record<string, number>>[] = [];
  for (let round = 0; round < lab.rounds; round++) {
    const figures = await oneRound(lab, origin, calls);
    rounds.push({ longhaul: figures });
    console.log(
      `  ${round + 1}  ${Object.entries(figures)
        .map(([name, value]) => `${name} ${value}`)
        .join('  ')}`,
    );
  }
  const middle = medians(rounds).longhaul!;
  const active = Math.min(...rounds.map(round => round.longhaul!.active!));
  const memory = `${middle.overIdleMiB!.toFixed(0)} MiB over ${middle.idleMiB!.toFixed(0)} MiB with ${active} active`;
  const latency =
    `getStatus p50 ${middle.statusP50Ms} ms, p99 ${middle.statusP99Ms} ms ` +
    `(idle: ${middle.idleStatusP50Ms} ms, ${middle.idleStatusP99Ms} ms)`;
  return {
    setup: { transfers: wanted, limitKiBPerSecondAndConnection: limitKiB, hosts: addresses.length, calls },
    rounds,
    medians: { longhaul: middle },
    bars: [
      judge({
        what: `memory over idle with ${wanted} active transfers`,
        unit: 'MiB',
        atMost: 70,
        measured: active < wanted ? null : middle.overIdleMiB!,
        figures: active < wanted ? `${memory}: no more of the ${wanted} flowed; ${latency}` : `${memory}; ${latency}`,
      }),
    ],
    notes: [
      'The agent is told to let 100 be active (16 without), six a host; what it fetches over several connections counts once.',
      'Each round has a new agent. Idle: resident memory after the calls of the idle measurement. Active: the peak since the first transfer.',
      'Calls go through the SDK over the Unix socket, one after the other, getStatus and listTransfers in turn.',
    ],
  };
});

async function oneRound(lab: Lab, origin: Nginx, calls: number): Promise<Record<string, number>> {
  const targets = path.join(lab.folder, 'targets');
  mkdirSync(targets);
  await using agent = lab.use(await MeasuredAgent.start(lab.folder));
  try {
    await agent.sdk.transfers.setLimits({ maxActive: wanted });
    const idle = await latencies(agent, calls);
    const pid = (await agent.pids()).agent;
    const idleMiB = residentMiB(pid);
    await Promise.all(
      Array.from({ length: wanted }, (_, index) =>
        agent.downloader.createDownload(
          origin.url('file', { isSlow: true, address: addresses[index % addresses.length]! }),
          path.join(targets, String(index)),
          { start: true },
        ),
      ),
    );
    const active = await mostActive(agent);
    const busy = await latencies(agent, calls);
    const peak = peakMiB(pid);
    return {
      active,
      idleMiB: Math.round(idleMiB),
      overIdleMiB: Math.round(peak - idleMiB),
      idleStatusP50Ms: idle.status.p50,
      idleStatusP99Ms: idle.status.p99,
      statusP50Ms: busy.status.p50,
      statusP99Ms: busy.status.p99,
      listP50Ms: busy.list.p50,
      listP99Ms: busy.list.p99,
    };
  } finally {
    for (const record of await agent.sdk.transfers.list()) await agent.sdk.transfers.remove(record.id);
    rmSync(targets, { recursive: true });
  }
}

/** Transfers of which bytes arrive: waits until they are all, or until for two seconds no more have come. */
async function mostActive(agent: MeasuredAgent): Promise<number> {
  let most = 0;
  let since = performance.now();
  await waitFor(
    'the transfers to flow',
    async () => {
      const records = await agent.sdk.transfers.list();
      const flowing = records.filter(record => record.status === 'running' && record.bytesReceived > 0).length;
      if (flowing > most) {
        most = flowing;
        since = performance.now();
      }
      return most === wanted || performance.now() - since > 2_000;
    },
    { timeoutMs: 30_000, everyMs: 50 },
  );
  return most;
}

async function latencies(agent: MeasuredAgent, calls: number) {
  const status: number[] = [];
  const list: number[] = [];
  const timed = async (into: number[], call: () => Promise<unknown>) => {
    const from = performance.now();
    await call();
    into.push(performance.now() - from);
  };
  for (let call = 0; call < calls; call++) {
    await timed(status, () => agent.sdk.getStatus());
    await timed(list, () => agent.sdk.transfers.list());
  }
  const both = (values: number[]) => ({
    p50: Number(quantile(values, 0.5).toFixed(2)),
    p99: Number(quantile(values, 0.99).toFixed(2)),
  });
  return { status: both(status), list: both(list) };
}
