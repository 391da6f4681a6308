import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRecord, socketRecord, taskRecord } from '../../test/fixtures/task-records.ts';
import { fixtureNow as now } from '../../test/fixtures/transfer-records.ts';
import { logInWords } from '../words/task-words.ts';
import { tasksFromSnapshot } from './task-list.ts';
import { runFactsOf, runRowOf, stripOfRuns, taskRowOf } from './task-row-model.ts';

const task = taskRecord({ completedRuns: 7, failedRuns: 1 });
const entryWith = (...runs: ReturnType<typeof runRecord>[]) =>
  tasksFromSnapshot([task], runs).entries.get(task.taskId)!;

test('a row says what its newest run does, how many there were, and why the last one failed', () => {
  const running = taskRowOf(entryWith(runRecord({ status: 'running', startedAt: now - 3_000, endedAt: null })), now);
  assert.deepEqual(
    [running.status, running.detail, running.runs, running.failed, running.problem],
    ['Running', 'for 3 s, after data on room 1', '8 runs', '1 failed', null],
  );
  const times = { queuedAt: now - 9_000, startedAt: now - 8_000, endedAt: null };
  const again = taskRowOf(entryWith(runRecord({ status: 'queued', attempt: 2, ...times })), now);
  assert.match(again.detail, /^for 9 s, /, 'not since its attempt before');
  const error = { code: 'task-stuck', message: 'it kept its process busy' };
  const failed = taskRowOf(entryWith(runRecord({ status: 'failed', error })), now);
  assert.equal(failed.problem?.message, 'It kept its process busy.');
  assert.match(failed.problem?.fix ?? '', /await in between/);
  assert.deepEqual(
    [taskRowOf(entryWith(), now).status, taskRowOf(entryWith(), now).detail],
    ['Ready', 'it has never run'],
  );
});

test('the marks of the newest runs stand oldest first, with the same in words', () => {
  const runs = (['running', 'failed', 'completed', 'completed'] as const).map((status, index) =>
    runRecord({ status, queuedAt: 9 - index }),
  );
  const strip = stripOfRuns(runs, 3);
  assert.deepEqual(
    strip.marks.map(({ status }) => status),
    ['completed', 'failed', 'running'],
  );
  assert.equal(strip.words, 'Last runs: 1 completed, 1 failed, 1 under way');
});

test('a run that left its socket orphaned says so, and what to call (SB-35)', () => {
  const run = runRecord();
  const socket = socketRecord({ status: 'orphaned', since: run.endedAt! });
  const { problem } = runRowOf(run, [run], [socket], now);
  assert.match(problem?.message ?? '', /without giving its socket "room 1" back/);
  assert.match(problem?.fix ?? '', /transferOwnership/);
  assert.equal(runRowOf(run, [run], [], now).problem, null);
});

test('a later attempt says which it is; a run that is canceled says by what', () => {
  assert.equal(runRowOf(runRecord({ attempt: 3 }), [], [], now).status, 'Completed, try 3');
  const facts = runFactsOf(runRecord({ cancellationReason: 'uninstall', pid: 7 }), now);
  assert.ok(facts.some(({ name, words }) => name === 'Canceled' && words === 'its app was unregistered'));
  assert.ok(facts.some(({ name, words }) => name === 'Process' && words === '7'));
});

test('a log keeps its lines and tabs and loses what would colour or turn it around', () => {
  assert.equal(logInWords('\u001b[31mred\u001b[0m\r\n\ta\u202eb\u0007\n'), 'red\n\ta\ufffdb\ufffd');
});
