import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FromSocketDoor, ToTaskHost } from '@longhaul/agent-protocol';
import * as v from 'valibot';
import { parseFromAgent } from './order.ts';

const id = '11111111-1111-4111-8111-111111111111';
const task = { taskId: id, name: 'n', entryPoint: './a.js#run', trigger: 'socket-activity' };
const socket = {
  key: id,
  lease: 3,
  socketId: 's',
  taskId: id,
  kind: 'stream-socket',
  wake: 'do-not-wake',
  context: null,
  leftover: null,
  keepAliveMs: null,
};
const run = { type: 'run', run: id, attempt: 1, task, reason: 'socket-activity', socketId: 's', socket, closed: null };
const closed = { ...run, reason: 'socket-closed', socket: null, closed: { kind: 'datagram-socket', context: 'YQ==' } };
const toHost = [run, closed, { type: 'cancel', run: id, reason: 'abort', graceMs: 5_000 }, { type: 'ping' }];
const toDoor = [
  { type: 'welcome' },
  { type: 'done', request: 1 },
  { type: 'lent', request: 1, socket },
  { type: 'refused', request: 1, code: 'not-found', message: 'no' },
];

test('every word of the agent is taken as its schema takes it', () => {
  for (const message of toHost) {
    assert.deepEqual(parseFromAgent(JSON.stringify(message)), { to: 'host', message: v.parse(ToTaskHost, message) });
  }
  for (const message of toDoor) {
    assert.deepEqual(parseFromAgent(JSON.stringify(message)), {
      to: 'door',
      message: v.parse(FromSocketDoor, message),
    });
  }
  const known = [...toHost, ...toDoor].map(({ type }) => type);
  const words = [...ToTaskHost.options, ...FromSocketDoor.options].map(({ entries }) => entries.type.literal);
  assert.deepEqual(new Set(known), new Set(words), 'and there are no others');
});

test('a word that lacks something, or is none of ours, is not taken', () => {
  const { task: _, ...withoutTask } = run;
  for (const other of [null, [], 7, {}, { type: 'hello' }, { type: 'constructor' }, { type: 'done' }, withoutTask]) {
    assert.equal(parseFromAgent(JSON.stringify(other)), undefined, JSON.stringify(other));
  }
});
