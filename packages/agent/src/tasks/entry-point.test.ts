import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LonghaulError } from '@longhaul/agent-protocol';
import { declaredPlace, hostProgramFor, placeOf } from './entry-point.ts';

const task = (entryPoint: string) => ({ entryPoint, triggers: ['socket-activity' as const] });
const isRefused = (code: string) => (error: unknown) => error instanceof LonghaulError && error.code === code;

test('an entry point is a module and an export; relative ones are in the folder of the manifest', () => {
  assert.deepEqual(placeOf('./a/b.js#run', '/app'), { module: '/app/a/b.js', exportName: 'run' });
  assert.deepEqual(placeOf('/else/b#1.js#$x', '/app'), { module: '/else/b#1.js', exportName: '$x' });
  assert.equal(placeOf('./b.js#run', null), undefined);
});

test('an app may start what its manifest declares, however either writes it, and nothing else (TI-03)', () => {
  const manifest = { folder: '/app', tasks: [task('./b.js#run')] };
  const place = { module: '/app/b.js', exportName: 'run' };
  for (const written of ['./b.js#run', 'b.js#run', './sub/../b.js#run', '/app/b.js#run']) {
    assert.deepEqual(declaredPlace('app', manifest, written, 'socket-activity'), place, written);
  }
  for (const other of ['./b.js#other', '../b.js#run', '/b.js#run', './c.js#run']) {
    const refused = () => declaredPlace('app', manifest, other, 'socket-activity');
    assert.throws(refused, isRefused('task-not-declared'), other);
  }
  assert.throws(() => declaredPlace('app', undefined, './b.js#run', 'socket-activity'), isRefused('task-not-declared'));
  const noTriggers = { folder: '/app', tasks: [{ entryPoint: './b.js#run', triggers: [] }] };
  assert.throws(
    () => declaredPlace('app', noTriggers, './b.js#run', 'socket-activity'),
    isRefused('task-not-declared'),
  );
});

test('a module that is not there, or cannot import the SDK, is told in words', () => {
  const missing = { module: '/nowhere/at/all.js', exportName: 'run' };
  assert.throws(() => hostProgramFor(missing), { code: 'task-failed', message: 'there is no file /nowhere/at/all.js' });
  const outside = { module: '/proc/self/status', exportName: 'run' };
  assert.throws(() => hostProgramFor(outside), {
    code: 'task-failed',
    message: /install @longhaul\/client where it is$/,
  });
});
