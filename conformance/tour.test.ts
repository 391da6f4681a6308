// The main job as `npm start` tells it: every claim of the tour holds, and nothing of it is left running or lying about.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

test('npm start -- --tour-only ends with code 0 after every step held', () => {
  const script = path.join(import.meta.dirname, '../scripts/start.ts');
  const result = spawnSync(process.execPath, ['--conditions=longhaul-source', script, '--tour-only'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_TEST_CONTEXT: '' },
    timeout: 120_000,
  });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  assert.match(result.stdout, /Every step held\./);
  assert.doesNotMatch(result.stdout, /✘/);
  const home = /keeps everything in (\S+);/.exec(result.stdout)![1]!;
  assert.equal(existsSync(home), false, 'the folder of the tour is removed');
  for (const [, pid] of result.stdout.matchAll(/\(pid (\d+)\)/g)) {
    // A process that has ended but was not fetched yet has no command line.
    const commandLine = `/proc/${pid}/cmdline`;
    assert.equal(existsSync(commandLine) ? readFileSync(commandLine, 'utf8') : '', '', `process ${pid} still runs`);
  }
});
