import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lanes } from './lanes.ts';

test('one lane is in order, whatever fails in it; lanes do not wait for each other', async () => {
  const lanes = new Lanes();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lanes.run('a', async () => {
    await gate.promise;
    seen.push('a1');
    throw new Error('a1');
  });
  const second = lanes.run('a', async () => seen.push('a2'));
  await lanes.run('b', async () => seen.push('b1'));
  gate.resolve();
  await assert.rejects(first, /a1/);
  await second;
  assert.deepEqual(seen, ['b1', 'a1', 'a2']);
});

test('idle waits for what is put in while waiting', async () => {
  const lanes = new Lanes();
  const seen: number[] = [];
  lanes.run('a', async () => {
    seen.push(1);
    lanes.run('a', async () => {
      await null;
      seen.push(2);
    });
  });
  await lanes.idle();
  assert.deepEqual(seen, [1, 2]);
});
