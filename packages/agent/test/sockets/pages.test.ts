// An app's own sockets with their contexts, a page at a time: bounded however much there is, in one order.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { maxContextBytes, ownSocketsPage } from '@longhaul/agent-protocol';
import { leakCheck } from '@longhaul/testing';
import { connection } from './parking.ts';
import { owner, Scene } from './room.ts';

after(leakCheck());

test('contexts of the largest size come in pages of a bounded size, in the order in which they came; what goes moves nothing', async t => {
  const scene = new Scene(t);
  const sockets = await scene.open();
  const guest = await scene.guest();
  const park = async (socketId: string) => {
    const { app } = await connection(t);
    const context = Buffer.alloc(maxContextBytes, socketId).toString('base64');
    await guest.transfer(app, { socketId, context });
    app[Symbol.dispose]();
  };
  const perPage = ownSocketsPage.maxContextBytes / maxContextBytes;
  const ids = Array.from({ length: 2 * perPage + 3 }, (_, n) => `socket ${n}`);
  for (const id of ids) await park(id);

  const first = sockets.listOwn('a', null);
  assert.ok(first.next !== null);
  await sockets.remove(owner, { app: 'a', id: 'socket 3' });
  await sockets.remove(owner, { app: 'a', id: ids[perPage]! });
  const second = sockets.listOwn('a', first.next);
  assert.ok(second.next !== null);
  await park('late');
  const third = sockets.listOwn('a', second.next);
  assert.equal(third.next, null);

  const pages = [first, second, third].map(page => page.sockets);
  assert.ok(pages.every(page => page.length <= perPage));
  assert.deepEqual(
    pages.flat().map(({ id }) => id),
    [...ids.filter(id => id !== ids[perPage]), 'late'],
  );
  for (const { id, context } of pages.flat()) {
    assert.ok(Buffer.from(context ?? '', 'base64').equals(Buffer.alloc(maxContextBytes, id)), id);
  }
  assert.deepEqual(sockets.listOwn('b', null), { sockets: [], next: null });
});
