// The example, run as its README says, on a desktop whose notifications are kept in a file.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { isSupportedHere } from '@longhaul/agent/kernel';

test('a message comes while the app is gone: its task reads and shows it, keeps the connection alive, reconnects (SB-30..SB-46)', {
  skip: !isSupportedHere(),
}, async t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-desktop-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const shown = path.join(folder, 'shown');
  writeFileSync(path.join(folder, 'notify-send'), `#!/bin/sh\necho "$*" >> '${shown}'\n`, { mode: 0o755 });
  const script = path.join(import.meta.dirname, 'run.ts');
  const child = spawn(process.execPath, ['--conditions=longhaul-source', script], {
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.equal(code, 0, stdout + stderr);
  const steps = [
    /app \(process \d+\): heard: hello, you are here/,
    /app \(process \d+\): handed over/,
    /task \(socket-activity, process \d+\): message: you have mail/,
    /server: heard "Keep alive"/,
    /task \(socket-closed, process \d+\): connected again/,
    /task \(socket-activity, process \d+\): message: and more mail/,
    /took over the connection, handed over \d+ times so far/,
    /heard: welcome back/,
  ];
  let rest = stdout;
  for (const step of steps) {
    const found = step.exec(rest);
    assert.ok(found, `${step} in\n${stdout}`);
    rest = rest.slice(found.index);
  }
  assert.match(readFileSync(shown, 'utf8'), /you have mail\n(.*\n)*.*and more mail\n/);
});
