// As many parked connections as three vaults hold, and the agent is killed under them while peers write: no connection is lost, and
// every one of them still wakes its task with the right bytes.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectAgent } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { Crowd } from './crowd.ts';

export interface CrowdReport {
  readonly parked: number;
  readonly kills: number;
  /** Lines that were written around the kills and answered rightly by a task. */
  readonly answered: number;
  readonly lost: number;
  readonly seconds: number;
}

/** `each`: parked by one app, and what one vault holds. @throws Error for a line that was read wrongly or never */
export async function crowdStory(wanted: { groups: number; each: number; kills: number }): Promise<CrowdReport> {
  const startedAt = performance.now();
  const folder = mkdtempSync(path.join(tmpdir(), 'lh-crowd-'));
  const env = { ...process.env, LONGHAUL_HOME: path.join(folder, 'home') };
  mkdirSync(path.join(folder, 'tasks'));
  try {
    await using owner = await connectAgent({ env });
    try {
      await using stack = new AsyncDisposableStack();
      const options = { env, folder: path.join(folder, 'tasks'), owner, from: 'source' } as const;
      const crowds: Crowd[] = [];
      for (let group = 1; group <= wanted.groups; group++) {
        const crowd = stack.use(await Crowd.open(`com.example.crowd-${group}`, options));
        await crowd.park(wanted.each);
        crowds.push(crowd);
        console.error(`crowd: ${group * wanted.each} parked`);
      }
      let answered = 0;
      for (let kill = 0; kill < wanted.kills; kill++) {
        // Every hundredth, another one each time, as soon as there is no agent: what a task had read when it died with its agent
        // would be lost with it.
        const sample = Array.from({ length: Math.floor(wanted.each / 100) }, (_, index) => index * 100 + kill);
        const { pid } = await owner.getStatus();
        process.kill(pid, 'SIGKILL');
        await Promise.all(crowds.map(crowd => crowd.wake(sample)));
        answered += sample.length * crowds.length;
      }
      const total = wanted.groups * wanted.each;
      const parked = async () => (await owner.sockets.list()).filter(({ status }) => status === 'parked').length;
      await waitFor('all to be parked', async () => (await parked()) === total, { timeoutMs: 60_000, everyMs: 1_000 });
      const counts = await Promise.all(crowds.map(crowd => crowd.count()));
      const lost = counts.reduce((sum, { ended }) => sum + ended, 0);
      const seconds = Math.round((performance.now() - startedAt) / 1_000);
      return { parked: total, kills: wanted.kills, answered, lost, seconds };
    } finally {
      await owner.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
