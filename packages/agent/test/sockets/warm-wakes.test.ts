// Wakes of warm hosts that cannot all be given: each is given, or over.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { connection, mayTakeHere, readAll } from './parking.ts';
import { owner, Scene } from './room.ts';

after(leakCheck());

test('a run that cannot be given to its host has failed; those that were woken with it are given', {
  skip: !mayTakeHere,
}, async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const failed: string[] = [];
  const given: string[] = [];
  scene.tasks.warmHost = {
    pid: process.pid,
    start(reason, socketId) {
      const id = randomUUID();
      const run = { id, app: 'a', taskId: '', reason, socketId };
      return {
        id,
        give({ lease }, descriptor) {
          if (socketId === 'one') throw new RangeError('a message that is too long');
          given.push(`${socketId} ${lease} ${readAll(descriptor)}`);
        },
        fail(error) {
          failed.push(`${socketId}: ${(error as Error).message}`);
          void sockets.over(run, 'failed');
        },
        abandon: () => assert.fail('the note was written'),
      };
    },
  };
  const peers = [];
  for (const socketId of ['one', 'two', 'three']) {
    const { peer, app } = await connection(t);
    await guest.transfer(app, { socketId });
    app[Symbol.dispose]();
    peers.push(peer);
  }
  for (const peer of peers) peer.write('x'); // in one turn: they are told together
  await waitFor('the other two', () => given.length === 2);
  assert.deepEqual(given.sort(), ['three 1 x', 'two 1 x']);
  assert.deepEqual(failed, ['one: a message that is too long']);
  await waitFor('it to be parked', () => sockets.list(owner)[0]?.why?.includes('has failed once'));
});
