import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { MemoryLifetimeManager } from '../lifetime/memory-lifetime-manager.ts';
import type { PresenceFact } from './presence.ts';

const connection = (connectionId: string, userIdentifier?: string) => ({
  connectionId,
  userIdentifier,
  write: () => undefined,
});

/** A fact in one line. */
function inShort({ kind, connectionId, ...rest }: PresenceFact): string {
  const marks = Object.entries(rest).flatMap(([name, value]) => (value === true ? [name] : []));
  return [kind, connectionId, ...('group' in rest ? [rest.group] : []), ...marks].join(' ');
}

describe('presence, in memory', () => {
  let manager: MemoryLifetimeManager;
  let facts: string[];
  const [tab1, tab2, bob, nobody] = [
    connection('a1', 'ann'),
    connection('a2', 'ann'),
    connection('b', 'bob'),
    connection('n'),
  ] as const;

  beforeEach(() => {
    manager = new MemoryLifetimeManager({ maximumGroupsPerConnection: 5 });
    facts = [];
    manager.presence.watch(fact => facts.push(inShort(fact)));
  });

  test('a user comes with the first connection and goes with the last', () => {
    for (const one of [tab1, tab2, nobody]) manager.connected(one);
    for (const one of [tab1, tab2, nobody]) manager.disconnected(one);
    assert.deepEqual(facts, [
      'connected a1 isFirstOfUser',
      'connected a2',
      'connected n',
      'disconnected a1',
      'disconnected a2 isLastOfUser',
      'disconnected n',
    ]);
  });

  test('the first join and the last leave of a group, and of a person in it', async () => {
    for (const one of [tab1, tab2, bob]) manager.connected(one);
    facts.length = 0;
    for (const id of ['a1', 'a2', 'a2', 'b', 'unknown']) await manager.addToGroup(id, 'g');
    for (const id of ['a1', 'a1', 'a2', 'b']) await manager.removeFromGroup(id, 'g');
    assert.deepEqual(facts, [
      'joined a1 g isFirst isFirstOfUser',
      'joined a2 g',
      'joined b g isFirstOfUser',
      'left a1 g',
      'left a2 g isLastOfUser',
      'left b g isLast isLastOfUser',
    ]);
  });

  test('a connection that ends leaves its groups first', async () => {
    manager.connected(tab1);
    await manager.addToGroup('a1', 'g');
    await manager.addToGroup('a1', 'h');
    facts.length = 0;
    manager.disconnected(tab1);
    assert.deepEqual(facts, [
      'left a1 g isLast isLastOfUser',
      'left a1 h isLast isLastOfUser',
      'disconnected a1 isLastOfUser',
    ]);
  });

  test('who is where, and how many', async () => {
    const { presence } = manager;
    for (const one of [tab1, tab2, nobody]) manager.connected(one);
    await manager.addToGroup('a2', 'g');
    await manager.addToGroup('n', 'g');
    assert.deepEqual(await presence.groupMembers('g'), [
      { connectionId: 'a2', userIdentifier: 'ann' },
      { connectionId: 'n', userIdentifier: undefined },
    ]);
    assert.deepEqual([await presence.groupCount('g'), await presence.groupCount('none')], [2, 0]);
    assert.deepEqual(await presence.groupsOf('a2'), ['g']);
    assert.deepEqual(await presence.groupsOf('unknown'), []);
    assert.deepEqual(await presence.connectionsOf('ann'), ['a1', 'a2']);
    assert.deepEqual([await presence.isOnline('ann'), await presence.isOnline('bob')], [true, false]);
    assert.deepEqual([await presence.isConnected('n'), await presence.isConnected('b')], [true, false]);
    assert.equal(await presence.connectionCount(), 3);
  });

  test('a watcher that throws is logged and harms nobody; one that has stopped hears nothing', () => {
    const errors: string[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (_facts: object, text: string) => errors.push(text) };
    const logged = new MemoryLifetimeManager({ maximumGroupsPerConnection: 5, log });
    const heard: string[] = [];
    logged.presence.watch(() => {
      throw new Error('mine');
    });
    const stop = logged.presence.watch(fact => heard.push(inShort(fact)));
    logged.connected(bob);
    stop();
    logged.disconnected(bob);
    assert.deepEqual(heard, ['connected b isFirstOfUser']);
    assert.deepEqual(errors, ['a presence watcher failed', 'a presence watcher failed']);
  });
});
