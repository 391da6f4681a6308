import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RunLogs } from './run-logs.ts';
import type { RunRow } from './runs-table.ts';

function room(t: TestContext, earlier = '') {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const notes: [string, string][][] = [];
  const failed: unknown[] = [];
  let problem: Error | undefined;
  const logs = new RunLogs({
    maxBytes: 1_000,
    noteAfterMs: 1_000,
    noted: () => earlier,
    note: found => {
      if (problem !== undefined) throw problem;
      notes.push(found.map(([id, log]) => [id, log]));
    },
    failed: error => failed.push(error),
  });
  const breaks = (error: Error | undefined) => {
    problem = error;
  };
  return { logs, notes, failed, breaks };
}
const first = { id: 'a', attempt: 1, state: { name: 'queued', why: null } } as RunRow;
const why = { code: 'task-died', message: 'the agent died' };
const second = { id: 'a', attempt: 2, state: { name: 'queued', why } } as RunRow;

test('what a run has printed is noted a second later, and again only when there is more', t => {
  const { logs, notes } = room(t);
  logs.begin(first);
  logs.begin({ ...first, id: 'b' });
  t.mock.timers.tick(1_000);
  assert.deepEqual(notes, [], 'nothing was printed');
  logs.printed('a', Buffer.from('one\n'));
  logs.printed('b', Buffer.from('soon over\n'));
  logs.forget('b');
  t.mock.timers.tick(999);
  logs.printed('a', Buffer.from('two\n'));
  t.mock.timers.tick(1);
  t.mock.timers.tick(5_000);
  assert.deepEqual(notes, [[['a', 'one\ntwo\n']]]);
  logs.printed('a', Buffer.from('three\n'));
  logs[Symbol.dispose]();
  assert.deepEqual(notes[1], [['a', 'one\ntwo\nthree\n']], 'at the latest when the agent ends');
});

test('the next attempt goes on with what is known of those before, under this agent or an earlier one', t => {
  const { logs } = room(t, 'of an earlier agent\n');
  logs.begin(second);
  logs.printed('a', Buffer.from('now\n'));
  const text = 'of an earlier agent\n[longhaul] started again: the agent died\nnow\n';
  assert.equal(logs.textOf('a'), text);
  logs.begin({ ...second, attempt: 3 });
  assert.equal(logs.textOf('a'), `${text}[longhaul] started again: the agent died\n`);
});

test('what cannot be noted is tried again', t => {
  const { logs, notes, failed, breaks } = room(t);
  logs.begin(first);
  logs.printed('a', Buffer.from('one\n'));
  breaks(new Error('the disk is full'));
  t.mock.timers.tick(1_000);
  breaks(undefined);
  t.mock.timers.tick(1_000);
  assert.deepEqual([failed.length, notes.length], [1, 1]);
  logs[Symbol.dispose]();
});
