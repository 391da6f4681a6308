// The main job as `npm start` tells it: every claim of the tour holds, and nothing of it is left running or lying about.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
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
  const [, keeperPid] = /the keeper \(pid (\d+)\)/.exec(result.stdout)!;
  assert.throws(() => process.kill(Number(keeperPid), 0), { code: 'ESRCH' });
});
