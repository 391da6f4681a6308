// Do 10,000 queued transfers delay the first byte after a restart? One running transfer, created last, against the same
// transfer alone: with the agent killed under its keeper, and with everything stopped and started again.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { waitFor } from '@longhaul/testing';
import { judge } from './lab/bars.ts';
import { MeasuredAgent } from './lab/measured-agent.ts';
import { ask, type Lab } from './lab/question.ts';
import { SilentOrigin } from './lab/silent-origin.ts';
import { medians } from './lab/statistics.ts';

await ask('start-up', [], async lab => {
  const queued = lab.isQuick ? 1_000 : 10_000;
  const subjects = { none: await subject(lab, 'none', 0), queued: await subject(lab, 'queued', queued) };
  const rounds: Record<string, Record<string, number>>[] = [];
  for (let round = 0; round < (lab.isQuick ? 1 : 5); round++) {
    const figures: Record<string, Record<string, number>> = {};
    for (const [name, { measure }] of Object.entries(subjects)) {
      figures[name] = await measure();
      const words = Object.entries(figures[name]).map(([figure, value]) => `${figure} ${value}`);
      console.log(`  ${round + 1}  ${name.padEnd(8)} ${words.join('  ')}`);
    }
    rounds.push(figures);
  }
  const middle = medians(rounds);
  const bar = (what: string, figure: string) =>
    judge({
      what,
      unit: '×',
      atMost: 1.5,
      measured: middle.queued![figure]! / middle.none![figure]!,
      figures: `${middle.queued![figure]!.toFixed(0)} ms against ${middle.none![figure]!.toFixed(0)} ms`,
    });
  const many = queued.toLocaleString('en');
  return {
    setup: { queued, hosts: 2 },
    rounds,
    medians: middle,
    bars: [
      bar(`agent killed, to the first byte with ${many} queued, to none`, 'killedMs'),
      bar(`stopped and started, to the first byte with ${many} queued, to none`, 'startedMs'),
    ],
    notes: [
      'From the kill, or from the call that starts, to the moment the origin sends the first byte of the running transfer.',
      'The queued ones wait in line behind an origin that sends nothing more; those of them that are active start again too.',
      'The agent runs from source, which takes the types away at each start; both sides alike.',
    ],
  };
});

async function subject(lab: Lab, name: string, queued: number) {
  const crowd = lab.use(await SilentOrigin.start());
  const origin = lab.use(await SilentOrigin.start());
  const targets = path.join(lab.folder, `targets-${name}`);
  mkdirSync(targets);
  const agent = lab.use(await MeasuredAgent.start(lab.folder, `home-${name}`));
  const { downloader } = agent;
  await Promise.all(
    Array.from({ length: queued }, (_, index) =>
      downloader.createDownload(crowd.url(`/${index}`), path.join(targets, String(index)), { start: true }),
    ),
  );
  const flows = origin.firstByte('/probe');
  const probe = await downloader.createDownload(origin.url('/probe'), path.join(targets, 'probe'), { start: true });
  await flows;

  const measure = async (): Promise<Record<string, number>> => {
    await waitFor('the transfer to run', async () => (await agent.sdk.transfers.get(probe.id)).bytesReceived > 0, {
      timeoutMs: 20_000,
    });
    const { agent: pid } = await agent.pids();
    const killed = origin.firstByte('/probe');
    const killedAt = performance.now();
    process.kill(pid, 'SIGKILL');
    const killedMs = (await killed) - killedAt;

    await agent.stop();
    const started = origin.firstByte('/probe');
    const startedAt = performance.now();
    await agent.connect();
    const startedMs = (await started) - startedAt;
    return { killedMs: Math.round(killedMs), startedMs: Math.round(startedMs) };
  };
  return { measure };
}
