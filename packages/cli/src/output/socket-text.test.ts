import assert from 'node:assert/strict';
import { test } from 'node:test';
import { socketRecord, taskRecord } from '@longhaul/testing/task-records';
import { factsText } from './record-text.ts';
import { socketFacts, socketsText } from './socket-text.ts';

const facts = (...given: Parameters<typeof socketFacts>) => factsText(socketFacts(...given)).join('\n');

test('the table of sockets says who owns what, since when, and when a task was woken last', () => {
  const sockets = [
    socketRecord({ wakes: 3, lastWakeAt: 5_000, since: 8_000 }),
    socketRecord({ id: 'door', kind: 'stream-socket-listener', remoteAddress: null, localAddress: '127.0.0.1:80' }),
    socketRecord({ id: 'taken', status: 'lent', holder: { pid: 7, runId: null } }),
    socketRecord({ id: 'read', status: 'lent', holder: { pid: 7, runId: '33333333-3333-4333-8333-333333333333' } }),
  ];
  assert.deepEqual(socketsText(sockets, 65_000), [
    'ID     APP               KIND      STATUS          SINCE   LAST WAKE  PEER',
    'chat   com.example.chat  stream    parked            57s  1m 00s ago  127.0.0.1:7000',
    'door   com.example.chat  listener  parked         1m 05s       never  at 127.0.0.1:80',
    'taken  com.example.chat  stream    with its app   1m 05s       never  127.0.0.1:7000',
    'read   com.example.chat  stream    with its task  1m 05s       never  127.0.0.1:7000',
  ]);
});

test('a socket that is over says why on a line of its own, without what a terminal would obey', () => {
  const why = 'its task ended without giving it back \u001b[31m';
  const lines = socketsText([socketRecord({ id: 'a\nb', status: 'orphaned', why })], 0);
  assert.match(lines[1]!, /^a\ufffdb {2}com\.example\.chat {2}stream {2}orphaned /);
  assert.equal(lines[2], '    its task ended without giving it back \ufffd[31m');
});

test('a socket that is left alone after failures says so, why, and when it is tried again', () => {
  const socket = socketRecord({ restsUntil: 8_000, why: 'its task has failed 3 times in a row' });
  const [, line, why] = socketsText([socket], 1_000);
  assert.match(line!, /^chat {2}com\.example\.chat {2}stream {2}paused /);
  assert.equal(why, '    its task has failed 3 times in a row, next try in 7s');
  assert.match(facts(socket, undefined, 1_000), /^Status: +paused\nWhy: .*\nWhat to do: .*\nNext: +next try in 7s$/m);
});

test('one socket is shown with every fact that it has (SB-22..SB-24), and with what to do about an orphaned one (SB-35)', () => {
  const socket = socketRecord({
    status: 'orphaned',
    why: 'its task ended without giving it back',
    contextBytes: 2_048,
    keepAliveMs: 60_000,
    keepAliveAt: 90_000,
    transfers: 2,
    wakes: 1,
    lastWakeAt: 40_000,
    wake: 'wake',
  });
  const text = facts(socket, taskRecord(), 60_000);
  assert.match(text, /^Status: +orphaned$/m);
  assert.match(text, /^Why: +its task ended without giving it back$/m);
  assert.match(text, /^What to do: +the app connects anew/m);
  assert.match(text, /^Task: +read the chat \(22222222-/m);
  assert.match(text, /^Last wake: +1970-01-01T00:00:40\.000Z \(20s ago\)$/m);
  assert.match(text, /^Handed over: +2 times$/m);
  assert.match(text, /^Keep-alive: +every 1m 00s, next in 30s$/m);
  assert.match(text, /^Context: +2\.00 KiB$/m);
  assert.match(text, /^In standby: +wakes the machine$/m);
  assert.doesNotMatch(text, /^Held by/m);
});

test('a socket whose task is gone says that nothing can be started for it', () => {
  const text = facts(socketRecord(), undefined, 0);
  assert.match(text, /^Task: +22222222-.* no longer registered/m);
  assert.doesNotMatch(text, /What to do|Why|Keep-alive|Context/);
});
