// kill -9 of the agent before and after every named step of a registration, a run and a host: what was recorded is run again
// with the same id, nothing runs under two agents at a time, and no host or child of one is left. A sample by default;
// LONGHAUL_CRASH_ROUNDS=all takes every step. LONGHAUL_SEED repeats.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import type { RunRecord, TaskRecord } from '@longhaul/agent-protocol';
import { seededRandom, waitFor } from '@longhaul/testing';
import { processesMarked } from '../../src/platform/process-facts.ts';
import { taskSteps } from '../../src/steps.ts';
import { makeApp } from './room.ts';

const random = seededRandom();
const aims = taskSteps.flatMap(name => [`before:${name}`, `after:${name}`]);
const chosen =
  process.env.LONGHAUL_CRASH_ROUNDS === 'all'
    ? aims
    : Array.from({ length: 7 }, () => aims.splice(random.below(aims.length), 1)[0]!);
// With a spare host that waits, and with one that has just become somebody's.
const always = ['before:host.assign', 'after:host.assign'];

/** Writes a line when it begins, another when it ends: a run that is cut off has no second one. */
const work = `
import { appendFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
const journal = new URL('./journal', import.meta.url);
export async function run(task) {
  spawn('sleep', ['1000'], { stdio: 'ignore', detached: true }).unref();
  appendFileSync(journal, 'begin ' + task.instanceId + '\\n');
  await delay(60, undefined, { signal: task.signal });
  appendFileSync(journal, 'end ' + task.instanceId + '\\n');
}`;
/** Brings its process down, the first time. */
const dies = `
import { setTimeout as delay } from 'node:timers/promises';
export async function run(task) {
  await delay(20);
  if (task.attempt === 1) process.kill(process.pid, 'SIGKILL');
}`;

describe('an agent that is killed', { concurrency: 2 }, () => {
  process.stderr.write(
    `crash test of tasks: LONGHAUL_SEED=${random.seed}, ${chosen.length} of ${2 * taskSteps.length} aims\n`,
  );

  async function live(folder: string, taskId: string, crashAt: string | undefined) {
    const { LONGHAUL_CRASH_AT: _, ...env } = process.env;
    const child = spawn(
      process.execPath,
      ['--conditions=longhaul-source', join(import.meta.dirname, 'crash-child.ts'), folder, taskId],
      {
        env: { ...env, LONGHAUL_TEST_FOLDER: folder, ...(crashAt !== undefined && { LONGHAUL_CRASH_AT: crashAt }) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [output, complaint, signal] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise<NodeJS.Signals | null>(resolve => child.once('exit', (_code, how) => resolve(how))),
    ]);
    return { output, complaint, signal };
  }

  for (const aim of new Set([...always, ...chosen])) {
    test(`${aim}`, async t => {
      const folder = makeApp(t, { 'work.mjs': work, 'dies.mjs': dies });
      const mark = `LONGHAUL_TEST_FOLDER=${folder}`;
      t.after(() => {
        for (const pid of processesMarked(mark)) process.kill(pid, 'SIGKILL');
      });
      const taskId = randomUUID();
      const killed = await live(folder, taskId, aim);
      assert.equal(killed.signal, 'SIGKILL', `${aim} is never met\n${killed.complaint}${killed.output}`);
      const recorded = runsIn(folder);
      const next = await live(folder, taskId, undefined);
      assert.equal(next.signal, null, next.complaint);
      const { runs, tasks } = JSON.parse(next.output || '{}') as { runs: RunRecord[]; tasks: TaskRecord[] };
      assert.ok(runs, next.complaint);
      assert.deepEqual(
        tasks.map(task => task.taskId),
        [taskId],
      );
      for (const run of runs) {
        const isCanceled = run.trigger.reason === 'keep-alive-timer-expired';
        const expected = isCanceled ? ['canceled', 'completed'] : ['completed'];
        assert.ok(expected.includes(run.status), `${run.name} ${run.status} ${run.error?.message}`);
      }
      // Nothing that was recorded is lost, and it is the same run.
      const ids = new Set(runs.map(({ id }) => id));
      assert.deepEqual(
        recorded.filter(id => !ids.has(id)),
        [],
      );
      const journal = existsSync(join(folder, 'journal')) ? readFileSync(join(folder, 'journal'), 'utf8') : '';
      const worked = runs.find(run => run.taskId === taskId && run.trigger.reason === 'socket-activity');
      assert.ok(journal.includes(`end ${worked?.id}\n`), journal);
      await waitFor('nothing to be left', () => processesMarked(mark).length === 0);
    });
  }
});

function runsIn(folder: string): string[] {
  const file = join(folder, 'state', 'longhaul.db');
  if (!existsSync(file)) return [];
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database
      .prepare('SELECT id FROM runs')
      .all()
      .map(row => String(row.id));
  } finally {
    database.close();
  }
}
