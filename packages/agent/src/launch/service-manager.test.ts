import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { currentUmask, systemdRunArguments, usableManager } from './service-manager.ts';

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lh-svc-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("the user's manager is asked where its socket is, the system's only by root and only where systemd was booted", t => {
  const runtime = temporaryFolder(t);
  const none = join(runtime, 'none');
  assert.equal(usableManager({ XDG_RUNTIME_DIR: runtime }, 1_000, none), undefined);
  assert.equal(usableManager({}, 0, none), undefined);
  assert.equal(usableManager({}, 0, runtime), 'system');
  assert.equal(usableManager({}, 1_000, runtime), undefined);
  mkdirSync(join(runtime, 'systemd'));
  writeFileSync(join(runtime, 'systemd', 'private'), '');
  assert.equal(usableManager({ XDG_RUNTIME_DIR: runtime }, 1_000, none), 'user');
});

test('the service is transient, ends in order, and no value of the environment is in its arguments', () => {
  const args = systemdRunArguments('user', {
    unit: 'longhaul-1',
    program: '/usr/bin/node',
    args: ['main.js', '--report=/r'],
    environmentNames: ['HOME', 'https_proxy'],
    unsetNames: ['XDG_STATE_HOME'],
    umask: '0077',
    errorFile: '/s/50%/crash.log',
  });
  assert.equal(args[0], '--user');
  assert.ok(args.includes('--collect'));
  assert.ok(args.includes('--setenv=https_proxy'));
  assert.ok(args.includes('--property=UnsetEnvironment=XDG_STATE_HOME'));
  assert.ok(args.includes('--property=KillMode=mixed'));
  assert.ok(args.includes('--property=UMask=0077'));
  assert.ok(args.includes('--property=StandardError=append:/s/50%%/crash.log'));
  assert.deepEqual(args.slice(args.indexOf('--')), ['--', '/usr/bin/node', 'main.js', '--report=/r']);
});

test('the umask is read without being changed', () => {
  const umask = process.umask(0o027);
  try {
    assert.equal(Number.parseInt(currentUmask(), 8), 0o027);
    assert.equal(process.umask(0o027), 0o027);
  } finally {
    process.umask(umask);
  }
});
