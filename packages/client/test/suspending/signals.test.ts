// What a real process does with real signals: it ends by them, when its deferrals are complete or their deadline is over.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

async function run(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', ...args: string[]) {
  const file = path.join(import.meta.dirname, 'suspend.ts');
  const child = spawn(process.execPath, ['--conditions=longhaul-source', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line === 'ready') child.kill(signal);
  }
  const [code, endedBy] = await ended;
  return { lines, code, endedBy };
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} ends the process when its deferrals are complete (SB-28)`, async () => {
    const { lines, code, endedBy } = await run(signal);
    assert.deepEqual([lines, code, endedBy], [['ready', signal, 'handed over'], null, signal]);
  });
}

test('a deferral that is never completed holds the process up until the deadline', async () => {
  const { lines, endedBy } = await run('SIGTERM', 'hang');
  assert.deepEqual([lines.at(-1), endedBy], ['handed over', 'SIGTERM']);
});
