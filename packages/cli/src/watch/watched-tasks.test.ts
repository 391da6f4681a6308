import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRecord, taskRecord } from '@longhaul/testing/task-records';
import stringWidth from 'string-width';
import { WatchedTasks } from './watched-tasks.ts';

const plain = (_style: string, text: string) => text;
const task = (...given: Parameters<typeof taskRecord>) => ({ type: 'changed', record: taskRecord(...given) }) as const;
const run = (...given: Parameters<typeof runRecord>) => ({ type: 'run', run: runRecord(...given) }) as const;
const { taskId } = taskRecord();
const gone = { type: 'removed', taskId } as const;

test('there is a line for a task that comes and goes, and for every status and try of a run; what was over before is no news', () => {
  const watched = new WatchedTasks();
  const told = [task(), run({ id: 'aaaaaaaa-old' }), run({ id: 'bbbbbbbb-1', status: 'running' })].flatMap(change =>
    watched.changed(change),
  );
  assert.equal(watched.caughtUp(), undefined);
  const error = { code: 'task-failed', message: 'no\nway' };
  const later = [
    task({ completedRuns: 3 }),
    run({ id: 'bbbbbbbb-1', status: 'running', progress: 5 }),
    run({ id: 'bbbbbbbb-1', status: 'running', attempt: 2 }),
    run({ id: 'bbbbbbbb-1', status: 'failed', attempt: 2, error }),
    run({ id: 'cccccccc-1' }),
    gone,
  ].flatMap(change => watched.changed(change));
  const subject = 'com.example.chat read the chat';
  assert.deepEqual(told, [`${subject}: registered`, `${subject} bbbbbbbb: running, data on chat`]);
  assert.deepEqual(later, [
    `${subject} bbbbbbbb: running, data on chat, try 2`,
    `${subject} bbbbbbbb: failed, data on chat, try 2: no`,
    `${subject} cccccccc: completed, data on chat`,
    `${subject}: unregistered`,
  ]);
  assert.equal(watched.caughtUp(), 'No tasks are registered.');
});

test('with an app only its tasks and runs are meant, also where just an id is told', () => {
  const watched = new WatchedTasks('com.example.mail');
  assert.deepEqual(
    [task(), run(), gone, task({ app: 'com.example.mail' }), run({ app: 'com.example.mail' }), gone].map(change =>
      watched.isOther(change),
    ),
    [true, true, true, false, false, false],
  );
});

test('a program is given records, and the id of a task that is no more', () => {
  const watched = new WatchedTasks();
  assert.deepEqual(
    [task(), run(), gone].map(change => watched.json(change)),
    [taskRecord(), runRecord(), { taskId, removed: true }],
  );
});

test('the picture has tasks, then runs, those under way first; it never leaves its window, however many there are', () => {
  const watched = new WatchedTasks();
  const id = (n: number) => `${n}`.padStart(8, '0');
  for (let n = 0; n < 9; n++) watched.changed(task({ taskId: `task-${n}`, name: `task ${n}` }));
  for (let n = 0; n < 700; n++) watched.changed(run({ id: id(n), queuedAt: n }));
  watched.changed(run({ id: id(1000), status: 'running', queuedAt: 0, endedAt: null }));
  const error = { code: 'task-failed', message: 'no way' };
  watched.changed(run({ id: id(1001), status: 'failed', queuedAt: 2_000, error }));
  const lines = watched.frame({ columns: 121, rows: 24 }, 10_000, plain);
  assert.equal(lines.length, 23);
  assert.deepEqual(
    lines.map(line => line.split(' ', 1)[0]),
    [...['ID', 'task-0', 'task-1', 'task-2', 'task-3', 'task-4', '+4', ''], 'RUN', '00001000', '00001001', '']
      .concat(Array.from({ length: 9 }, (_, n) => id(699 - n)))
      .concat('+490', '1'),
    lines.join('\n'),
  );
  assert.equal(
    lines.at(-1),
    '1 running, 1 failed, 499 completed',
    'of those that are over the last 500 are remembered',
  );
  const notice = 'The agent is away; looking for it. What you see is how it was.';
  for (const columns of [5, 40, 80]) {
    for (let rows = 1; rows < 30; rows++) {
      const narrow = watched.frame({ columns, rows, notice }, 10_000, plain);
      assert.ok(narrow.length < Math.max(2, rows), `${rows} rows: ${narrow.length}`);
      assert.ok(narrow.every(line => stringWidth(line) < columns));
    }
  }
  assert.deepEqual(new WatchedTasks().frame({ columns: 80, rows: 24 }, 0, plain), ['No tasks are registered.']);
});
