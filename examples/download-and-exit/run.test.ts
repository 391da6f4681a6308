// The example, run as its README says.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

test('an app hands a download over and exits; its next run attaches and has the file', async () => {
  const script = path.join(import.meta.dirname, 'run.ts');
  const child = spawn(process.execPath, ['--conditions=longhaul-source', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /handed over film\.mp4 as [0-9a-f-]{36}\n-- submit\.ts .* has ended\n/);
  assert.match(stdout, /found film\.mp4 from an earlier run: (idle|running), \d+ bytes\n/);
  assert.match(stdout, /the file is byte-identical\n$/);
});
