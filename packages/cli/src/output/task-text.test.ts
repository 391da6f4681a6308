import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runDetails, runRecord, socketRecord, taskRecord } from '@longhaul/testing/task-records';
import { factsText } from './record-text.ts';
import { logText, runFacts, runsText, taskFacts, tasksText } from './task-text.ts';

const facts = (...given: Parameters<typeof runFacts>) => factsText(runFacts(...given)).join('\n');

test('the table of tasks says which code is started by what, and how it went', () => {
  assert.deepEqual(tasksText([taskRecord({ completedRuns: 12, failedRuns: 1, lastRunAt: 1_000 })], 6_000), [
    'ID        APP               NAME           TRIGGER        OK  FAILED  LAST RUN  ENTRY POINT',
    '22222222  com.example.chat  read the chat  parked socket  12       1    5s ago  ./background.js#run',
  ]);
  assert.match(factsText(taskFacts(taskRecord(), undefined, 0)).join('\n'), /^Runs: +0 ended well, 0 failed$/m);
});

test('the table of runs says what started each, how long its attempt took, and why it failed', () => {
  const runs = [
    runRecord({ startedAt: 1_000, endedAt: 1_012 }),
    runRecord({
      id: '44444444-4444-4444-8444-444444444444',
      status: 'failed',
      attempt: 3,
      endedAt: 2_500,
      trigger: { type: 'socket-activity', reason: 'socket-closed', socketId: 'chat\u202e' },
      error: { code: 'task-failed', message: 'it threw: no such room\n    at run (background.js:3)' },
    }),
    runRecord({ id: '55555555-5555-4555-8555-555555555555', status: 'queued', attempt: 2, endedAt: null }),
  ];
  assert.deepEqual(runsText(runs, 9_000), [
    'RUN       APP               TASK           STATUS     TRY    WHEN  TOOK  STARTED BY',
    '33333333  com.example.chat  read the chat  completed    1  9s ago  12ms  data on chat',
    '44444444  com.example.chat  read the chat  failed       3  9s ago    3s  end of chat\ufffd',
    '          it threw: no such room',
    '55555555  com.example.chat  read the chat  queued       2  9s ago        data on chat',
  ]);
  assert.match(runsText(runs, 9_000, undefined, 'one-task')[0]!, /^RUN +STATUS +TRY/);
});

test('a run is shown with why it failed and what to do about it', () => {
  const text = facts(
    runRecord({ status: 'failed', attempt: 2, error: { code: 'task-failed', message: 'it threw: no such room' } }),
    undefined,
    0,
  );
  assert.match(text, /^Status: +failed$/m);
  assert.match(text, /^Why: +It threw: no such room\.$/m);
  assert.match(text, /^What to do: +\S/m);
  assert.match(text, /^Error: +task-failed$/m);
  assert.match(text, /^Try: +2: it was started again under the same id$/m);
});

test('a run that ended well and kept its socket says so, and what to call (SB-35)', () => {
  const text = facts(runRecord(), socketRecord({ status: 'orphaned' }), 0);
  assert.match(text, /^Status: +completed$/m);
  assert.match(text, /^Why: +It ended without giving its socket "chat" back, so the connection was closed\.$/m);
  assert.match(text, /^What to do: +.*transferOwnership/m);
});

test('the log is shown a line for a line, without what a terminal would obey', () => {
  assert.deepEqual(logText(runDetails({ log: 'one\r\n\ttwo \u001b[2J\n' })), [
    '',
    'What it wrote:',
    '  one',
    '    two \ufffd[2J',
  ]);
  assert.deepEqual(logText(runDetails()), ['', 'It wrote nothing.']);
  assert.deepEqual(logText(runDetails({ startedAt: null })), []);
});
