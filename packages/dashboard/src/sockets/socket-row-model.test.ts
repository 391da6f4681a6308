import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRecord, socketRecord, taskRecord } from '../../test/fixtures/task-records.ts';
import { fixtureNow as now } from '../../test/fixtures/transfer-records.ts';
import { endCommand } from '../words/socket-words.ts';
import { runsOfSocket, socketFactsOf, socketRowOf } from './socket-row-model.ts';

const wordsOf = (...given: Parameters<typeof socketFactsOf>) =>
  Object.fromEntries(socketFactsOf(...given).map(({ name, words }) => [name, words]));

test('a row says who has it, since when, where it leads, and when a task was woken last', () => {
  const row = socketRowOf(socketRecord({ wakes: 3, lastWakeAt: now - 20_000 }), now);
  assert.deepEqual(
    [row.status, row.detail, row.place, row.wakes, row.lastWake, row.why],
    ['Parked', 'for 5 min', 'with 127.0.0.1:7000', '3 wakes', 'last 20 s ago', null],
  );
  const listener = socketRecord({ kind: 'stream-socket-listener', remoteAddress: null });
  assert.equal(socketRowOf(listener, now).place, 'at 127.0.0.1:41000');
});

test('one that is left alone after failures says so, why, and when it is tried again', () => {
  const why = 'its task has failed 3 times in a row';
  const record = socketRecord({ restsUntil: now + 7_400, why });
  const row = socketRowOf(record, now);
  assert.deepEqual(
    [row.status, row.detail, row.why],
    ['Paused', 'next try in 8 s', 'Its task has failed 3 times in a row.'],
  );
  assert.match(row.fix ?? '', /what comes waits/);
  assert.equal(socketRowOf(record, now + 8_000).detail, 'next try now');
  assert.ok(wordsOf(record, undefined, now)['Next try']);
  assert.equal(wordsOf(socketRecord(), undefined, now)['Next try'], undefined);
});

test('an app and a task that have it are told apart', () => {
  const lent = (runId: string | null) => socketRowOf(socketRecord({ status: 'lent', holder: { pid: 7, runId } }), now);
  assert.deepEqual([lent(null).status, lent('r').status], ['With its app', 'With its task']);
  assert.equal(lent('r').detail, 'process 7, for 5 min');
});

test('an orphaned one says why and what helps (SB-35), and text that would turn the line around is made harmless', () => {
  const row = socketRowOf(socketRecord({ id: 'a\u202eb', status: 'orphaned', why: 'run x ended without it' }), now);
  assert.deepEqual([row.name, row.why], ['a\ufffdb', 'Run x ended without it.']);
  assert.match(row.fix ?? '', /hand it back/);
  assert.equal(socketRowOf(socketRecord({ status: 'closed' }), now).fix, null);
});

test('a living one names the command that ends it, as a shell reads it', () => {
  assert.equal(endCommand(socketRecord({ id: 'room-1' })), 'longhaul sockets remove --app com.example.chat room-1');
  const quoted = endCommand(socketRecord({ id: "it's; rm" }));
  assert.equal(quoted, "longhaul sockets remove --app com.example.chat -- 'it'\\''s; rm'");
  assert.match(endCommand(socketRecord({ id: '-all' })), / -- '-all'$/);
});

test('the details have every fact of a hand-over (SB-22..SB-24)', () => {
  const record = socketRecord({
    keepAliveMs: 60_000,
    keepAliveAt: now + 30_000,
    contextBytes: 412,
    wake: 'wake',
    transfers: 2,
  });
  const words = wordsOf(record, taskRecord(), now);
  assert.equal(words['Keep-alive'], 'every 1 min, next in 30 s');
  assert.equal(words.Context, '412 B');
  assert.equal(words['In standby'], 'wakes the machine');
  assert.equal(words['Handed over'], '2 times');
  assert.equal(words.Task, 'read the chat');
  assert.match(wordsOf(record, undefined, now).Task ?? '', /no longer registered/);
});

test('the runs of a socket are those that it started, and no others of its task', () => {
  const other = runRecord({ trigger: { type: 'socket-activity', reason: 'socket-activity', socketId: 'room 2' } });
  const [first, second] = [runRecord(), runRecord()];
  assert.deepEqual(runsOfSocket(socketRecord(), [first, other, second], 5), [first, second]);
  assert.deepEqual(runsOfSocket(socketRecord(), [first, second], 1), [first]);
});
