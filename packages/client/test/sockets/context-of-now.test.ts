// What an app learns of a socket by `allSockets` is older than the moment at which it takes it over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SocketActivityInformation, type SocketsDoor, transferOwnership } from '@longhaul/client';
import { rebuild } from '../../src/sockets/rebuild.ts';
import { type Broker, taskId } from './broker.ts';
import { scene } from './scene.ts';

/** As the agent would list it. */
function doorOf(broker: Broker): SocketsDoor {
  const { lent } = broker.holdings.get('a')!;
  const listed = { id: 'a', taskId, kind: 'stream-socket', status: 'parked', context: lent.context };
  return { listOwn: async () => [listed], door: broker.door } as unknown as SocketsDoor;
}

test('a socket that a task has handed back since it was listed comes with the context of the task (SB-23, SB-34)', async t => {
  const { broker, socket } = await scene(t);
  await transferOwnership(broker, socket, 'a', { context: Buffer.from('1') });
  const information = (await SocketActivityInformation.allSockets({ sockets: doorOf(broker) })).get('a')!;
  assert.equal(String(Buffer.from(information.context!)), '1');
  const byTask = rebuild(broker.door, await broker.door.reclaim('a', 'stream-socket'));
  await transferOwnership(broker, byTask, 'a', { context: Buffer.from('2') });
  const taken = await information.streamSocket();
  assert.equal(String(Buffer.from(information.context!)), '2');
  taken.destroy();
});
