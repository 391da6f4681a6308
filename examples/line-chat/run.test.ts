// The example, run as its README says.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { isSupportedHere } from '@longhaul/agent/kernel';

test('people meet in a chat whose program does not run (SB-29, SB-41)', { skip: !isSupportedHere() }, async () => {
  const script = path.join(import.meta.dirname, 'run.ts');
  const child = spawn(process.execPath, ['--conditions=longhaul-source', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /-- start\.ts \(process \d+\) has ended\nAda hears: your name\?/);
  assert.match(
    stdout,
    /Ada hears: Brian: good morning\n(.*\n)*Brian hears: Ada: hello\nBrian hears: Ada: how are you\?\n/,
  );
  assert.match(stdout, /Ada hears: \* Brian has left\n/);
  assert.match(stdout, /longhaul sockets: listener, stream-socket-listener, parked, 2 wakes\n/);
});
