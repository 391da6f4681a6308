import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { declaredPlace, hostProgramFor } from './entry-point.ts';

const isTold = { code: 'task-failed', message: /cannot import "@longhaul\/client\/task-host": install / };

/** `sub/task.mjs` in a folder of its own; gives the program that it would be run by. */
function openApp(t: TestContext) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'longhaul-sdk-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const module = join(folder, 'sub', 'task.mjs');
  mkdirSync(dirname(module));
  writeFileSync(module, '');
  return { folder, module, program: () => hostProgramFor({ module, exportName: 'run' }) };
}

const exported = { '.': './index.js', './task-host': { types: './host.d.ts', default: './host.js' } };

/** An SDK in `folder/node_modules`, by default one that is whole. */
function install(folder: string, manifest: object | string = { exports: exported }): string {
  const sdk = join(folder, 'node_modules', '@longhaul', 'client');
  mkdirSync(sdk, { recursive: true });
  for (const file of ['host.js', 'other.js']) writeFileSync(join(sdk, file), '');
  writeFileSync(join(sdk, 'package.json'), typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  return sdk;
}

test('the SDK is the nearest one that the module would import, by its real path, as Node finds it', t => {
  const { folder, module, program } = openApp(t);
  const expected = () => createRequire(module).resolve('@longhaul/client/task-host');
  const far = install(folder);
  assert.equal(program(), join(far, 'host.js'));
  assert.equal(program(), expected());
  const elsewhere = join(folder, 'store', 'client');
  mkdirSync(dirname(elsewhere));
  renameSync(install(join(folder, 'sub')), elsewhere);
  symlinkSync(elsewhere, join(folder, 'sub', 'node_modules', '@longhaul', 'client'));
  assert.equal(program(), join(elsewhere, 'host.js'));
});

test('this workspace has its SDK where Node finds it', () => {
  const module = import.meta.filename;
  const manifest = { folder: null, tasks: [{ entryPoint: `${module}#run`, triggers: ['socket-activity' as const] }] };
  const place = declaredPlace('a', manifest, `${module}#run`, 'socket-activity');
  assert.equal(hostProgramFor(place), createRequire(module).resolve('@longhaul/client/task-host'));
});

test('an SDK that was installed, moved or changed after it was looked for is found the next time', t => {
  const { folder, program } = openApp(t);
  assert.throws(program, isTold);
  const near = install(join(folder, 'sub'));
  assert.equal(program(), join(near, 'host.js'));
  renameSync(join(folder, 'sub', 'node_modules'), join(folder, 'node_modules'));
  assert.equal(program(), join(folder, 'node_modules', '@longhaul', 'client', 'host.js'));
  install(folder, { exports: { './task-host': { require: null, import: './other.js' } } });
  assert.equal(program(), join(folder, 'node_modules', '@longhaul', 'client', 'other.js'));
});

test('an SDK that is broken or leads elsewhere is told in words', t => {
  const { folder, program } = openApp(t);
  const exporting = (target: unknown) => ({ exports: { './task-host': target } });
  for (const manifest of [
    '{',
    'null',
    {},
    { exports: './host.js' },
    exporting('./missing.js'),
    exporting('../../../sub/task.mjs'),
    exporting('./../../../sub/task.mjs'),
    exporting(null),
    exporting({ browser: './host.js' }),
    exporting('.'),
    exporting(1),
    `${' '.repeat(2_000_000)}{}`,
  ]) {
    install(folder, manifest);
    assert.throws(program, isTold, JSON.stringify(manifest).slice(0, 100));
  }
});

test('what is no file in the place of its package.json is told in words: nothing waits for a pipe, or reads a device', t => {
  for (const make of [
    (file: string) => execFileSync('mkfifo', [file]),
    (file: string) => symlinkSync('package.json', file), // a loop
    (file: string) => symlinkSync('/dev/zero', file),
    (file: string) => mkdirSync(file),
  ]) {
    const { folder, program } = openApp(t);
    const file = join(install(folder), 'package.json');
    rmSync(file);
    make(file);
    assert.throws(program, isTold);
  }
});
