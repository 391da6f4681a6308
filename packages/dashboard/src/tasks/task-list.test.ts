import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRecord, taskRecord } from '../../test/fixtures/task-records.ts';
import { isRunToBeAsked } from './known-run.ts';
import { tasksFromSnapshot, withTaskChanges } from './task-list.ts';
import { arrangeTasks, groupOfTask } from './task-rows.ts';

const task = taskRecord();
const { taskId } = task;
const most = 1_000;

test('a task has its runs, newest first; runs of a task that is gone have a row too', () => {
  const [old, young] = [runRecord({ queuedAt: 1 }), runRecord({ queuedAt: 2 })];
  const stray = runRecord({ taskId: '44444444-4444-4444-8444-444444444444', name: 'gone' });
  const { entries } = tasksFromSnapshot([task], [old, stray, young]);
  assert.deepEqual(
    [...entries.values()].map(({ name, record }) => [name, record !== null]),
    [
      ['read the chat', true],
      ['gone', false],
    ],
  );
  assert.deepEqual(entries.get(taskId)?.runs, [young, old]);
});

test('what says nothing of a task leaves its entry as it is, so that its row is not drawn again', () => {
  const other = taskRecord({ taskId: '44444444-4444-4444-8444-444444444444' });
  const list = tasksFromSnapshot([task, other], [runRecord()]);
  const next = withTaskChanges(list, [{ type: 'run', run: runRecord({ taskId: other.taskId }) }], most);
  assert.equal(next.entries.get(taskId), list.entries.get(taskId));
  assert.notEqual(next.entries.get(other.taskId), list.entries.get(other.taskId));
});

test('what was heard before the snapshot and is older than it does not undo it', () => {
  const over = runRecord({ status: 'completed' });
  const list = tasksFromSnapshot([taskRecord({ completedRuns: 2 })], [over]);
  const heard = [
    { type: 'run', run: { ...over, status: 'running' } },
    { type: 'changed', record: taskRecord({ completedRuns: 1 }) },
  ] as const;
  const after = withTaskChanges(list, heard, most, 'before-snapshot');
  assert.equal(after.runs.get(over.id)?.status, 'completed');
  assert.equal(after.records.get(taskId)?.completedRuns, 2);
  assert.equal(withTaskChanges(list, heard, most).runs.get(over.id)?.status, 'running');
});

test('only so many runs are kept, the newest, and all that are under way', () => {
  const old = runRecord({ queuedAt: 0, status: 'running' });
  const runs = Array.from({ length: 10 }, (_, index) => runRecord({ queuedAt: index + 1 }));
  const { runs: kept } = withTaskChanges(
    tasksFromSnapshot([task], [old]),
    runs.map(run => ({ type: 'run', run })),
    4,
  );
  assert.deepEqual(
    [...kept.values()].map(({ queuedAt }) => queuedAt),
    [0, 10, 9, 8],
  );
});

test('a task stands with the failing ones until a run of it has gone well again', () => {
  const groupWith = (...runs: ReturnType<typeof runRecord>[]) =>
    groupOfTask(tasksFromSnapshot([task], runs).entries.get(taskId)!);
  const failed = runRecord({ status: 'failed', queuedAt: 1 });
  assert.equal(groupWith(), 'ready');
  assert.equal(groupWith(failed), 'failing');
  assert.equal(groupWith(failed, runRecord({ status: 'running', queuedAt: 2 })), 'running');
  assert.equal(groupWith(failed, runRecord({ queuedAt: 2 })), 'ready');
  assert.equal(groupWith(failed, runRecord({ queuedAt: 0 })), 'failing');
});

test('tasks are found by name, app, entry point, id, group and the sockets they were started for', () => {
  const list = tasksFromSnapshot([task], [runRecord()]);
  for (const query of ['CHAT', 'background.js', 'com.example', 'room 1', '22222222', 'ready']) {
    assert.equal(arrangeTasks(list, query).found, 1, query);
  }
  assert.equal(arrangeTasks(list, 'failing').found, 0);
});

test('the open run is asked for at once, again while it is under way, and once more when it is over', () => {
  const run = runRecord({ status: 'running' });
  const known = (status: 'running' | 'completed', at: number) => ({ details: { ...run, status, log: '' }, at });
  assert.ok(isRunToBeAsked(run, null, 0, 1_000));
  assert.ok(!isRunToBeAsked(run, known('running', 0), 500, 1_000));
  assert.ok(isRunToBeAsked(run, known('running', 0), 1_000, 1_000));
  const over = { ...run, status: 'completed' as const };
  assert.ok(isRunToBeAsked(over, known('running', 0), 1_000, 1_000));
  assert.ok(!isRunToBeAsked(over, known('completed', 0), 9_000, 1_000));
});
