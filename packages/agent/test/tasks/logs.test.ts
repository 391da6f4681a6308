// What a run has printed, over the death of its agent.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import { makeApp, openRoom, owner } from './room.ts';

test('what an attempt has printed is shown although its agent was killed, and what the next one prints follows it', async t => {
  const folder = makeApp(t, {
    'task.mjs': `
      export async function run(task) {
        console.log('attempt', task.attempt);
        if (task.attempt === 1) await new Promise(() => setInterval(() => {}, 1_000));
      }`,
  });
  const child = spawn(
    process.execPath,
    ['--conditions=longhaul-source', join(import.meta.dirname, 'dying-agent.ts'), folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const [id] = (await once(createInterface(child.stdout), 'line')) as [string];
  const database = new DatabaseSync(join(folder, 'state', 'longhaul.db'), { readOnly: true });
  await waitFor(
    'the log to be noted',
    () => database.prepare('SELECT log FROM run_logs').get()?.log === 'attempt 1\n',
    {
      timeoutMs: 20_000,
    },
  );
  database.close();
  child.kill('SIGKILL');
  await once(child, 'exit');

  const room = await openRoom(t, { folder, isBegun: false });
  const { status, log } = room.tasks.getRun(owner, id);
  assert.deepEqual([status, log], ['queued', 'attempt 1\n']);
  room.tasks.begin();
  assert.equal(
    (await room.ended(id)).log,
    'attempt 1\n[longhaul] started again: the agent died before it was over\nattempt 2\n',
  );
});
