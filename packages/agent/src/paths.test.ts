import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { maxSocketPathBytes, privateFolders, resolvePaths } from './paths.ts';

const uid = process.getuid?.();

test('LONGHAUL_HOME puts everything under one folder', () => {
  const paths = resolvePaths({
    LONGHAUL_HOME: '/srv/lh',
    XDG_STATE_HOME: '/elsewhere',
    XDG_RUNTIME_DIR: '/run/user/1',
  });
  assert.ok(
    Object.values(paths).every(path => path.startsWith('/srv/lh/')),
    JSON.stringify(paths),
  );
});

test('a relative LONGHAUL_HOME counts from the current folder', () => {
  assert.equal(resolvePaths({ LONGHAUL_HOME: 'x' }).stateFolder, join(process.cwd(), 'x', 'state'));
});

test('XDG folders hold a folder of ours each; relative values are ignored', t => {
  const runtime = mkdtempSync(join(tmpdir(), 'lh-run-'));
  t.after(() => rmSync(runtime, { recursive: true }));
  const paths = resolvePaths({
    HOME: '/home/ann',
    XDG_STATE_HOME: '/s',
    XDG_DATA_HOME: 'relative',
    XDG_RUNTIME_DIR: runtime,
  });
  assert.equal(paths.stateFolder, '/s/longhaul');
  assert.equal(paths.dataFolder, '/home/ann/.local/share/longhaul');
  assert.equal(paths.runtimeFolder, join(runtime, 'longhaul'));
  assert.equal(dirname(paths.socketPath), paths.runtimeFolder);
});

test('without a runtime folder (cron, ssh) a private one of this user in the temporary folder is used', () => {
  const wanted = `/tmp/longhaul-${uid}`;
  assert.equal(resolvePaths({ HOME: '/home/ann' }).runtimeFolder, wanted);
  assert.equal(resolvePaths({ HOME: '/home/ann', XDG_RUNTIME_DIR: '/nowhere/at/all' }).runtimeFolder, wanted);
});

test('two stores that share a runtime folder have two sockets', () => {
  const one = resolvePaths({ HOME: '/home/ann', XDG_STATE_HOME: '/one' });
  const two = resolvePaths({ HOME: '/home/ann', XDG_STATE_HOME: '/two' });
  assert.equal(one.runtimeFolder, two.runtimeFolder);
  assert.notEqual(one.socketPath, two.socketPath);
});

test('a socket path too long for the kernel moves into a short private folder, one for each store', () => {
  const deep = (name: string) => `/srv/${'d'.repeat(120)}/${name}`;
  const one = resolvePaths({ LONGHAUL_HOME: deep('one') });
  const two = resolvePaths({ LONGHAUL_HOME: deep('two') });
  assert.match(one.socketPath, new RegExp(`^/tmp/longhaul-${uid}-[0-9a-f]{16}/agent\\.sock$`));
  assert.notEqual(one.socketPath, two.socketPath);
  assert.ok(privateFolders(one).includes(dirname(one.socketPath)));
});

test('the longest path that fits is taken as it is, also when a temporary folder is itself too long', () => {
  const fitting = `/${'d'.repeat(maxSocketPathBytes - '/run/agent.sock'.length - 1)}`;
  assert.equal(resolvePaths({ LONGHAUL_HOME: fitting }).socketPath, `${fitting}/run/agent.sock`);
  const longer = resolvePaths({ LONGHAUL_HOME: `${fitting}d`, TMPDIR: `/${'t'.repeat(100)}` });
  assert.match(longer.socketPath, /^\/tmp\//);
});
