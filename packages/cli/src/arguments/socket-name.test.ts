import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LonghaulError } from '@longhaul/agent-protocol';
import { socketRecord } from '@longhaul/testing/task-records';
import { findSocket } from './socket-name.ts';

const sockets = [
  socketRecord({ app: 'com.example.chat', id: 'room-1' }),
  socketRecord({ app: 'com.example.chat', id: 'room-12' }),
  socketRecord({ app: 'com.example.mail', id: 'room-1' }),
  socketRecord({ app: 'com.example.mail', id: 'Inbox' }),
];
const fails = (code: string, words: RegExp) => (error: LonghaulError) =>
  error.code === code && words.test(error.message);

test('a socket is found by its whole id, or by a beginning that only one has', () => {
  assert.equal(findSocket(sockets, 'room-12'), sockets[1]);
  assert.equal(findSocket(sockets, 'Inbo'), sockets[3]);
  assert.equal(findSocket(sockets, 'room-1', 'com.example.chat'), sockets[0], 'a whole id is no beginning of another');
});

test('an id that two apps have needs the app', () => {
  assert.throws(
    () => findSocket(sockets, 'room-1'),
    fails('invalid-argument', /com\.example\.chat room-1, com\.example\.mail room-1; say which app with --app/),
  );
  assert.throws(() => findSocket(sockets, 'room', 'com.example.chat'), fails('invalid-argument', /begins with room/));
});

test('what nobody has is not found, with other capitals too, and a short beginning hits nothing by chance', () => {
  assert.throws(() => findSocket(sockets, 'lobby'), fails('not-found', /no socket has the id lobby/));
  assert.throws(() => findSocket(sockets, 'inbox'), fails('not-found', /inbox/));
  assert.throws(() => findSocket(sockets, 'Inb'), fails('not-found', /at least 4 characters/));
  assert.throws(() => findSocket(sockets, 'Inbox', 'com.example.chat'), fails('not-found', /of com\.example\.chat/));
});
