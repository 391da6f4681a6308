// Contract cases: who is there, and the facts of coming and going.
import assert from 'node:assert/strict';
import type { PresenceFact } from '../presence/presence.ts';
import { eventually } from './contract-connection.ts';
import type { StageCases } from './lifetime-contract.ts';

/** A fact in one line. */
export function inShort({ kind, connectionId, ...rest }: PresenceFact): string {
  const marks = Object.entries(rest).flatMap(([name, value]) => (value === true ? [name] : []));
  return [kind, connectionId, ...('group' in rest ? [rest.group] : []), ...marks].join(' ');
}

const byId = (one: { connectionId: string }, other: { connectionId: string }): number =>
  one.connectionId < other.connectionId ? -1 : 1;

export const presenceCases: StageCases = {
  'every server knows who is there': async stage => {
    const a = await stage.connect('a', 'ann');
    await stage.connect('b', 'ann');
    await stage.connect('c');
    for (const id of ['a', 'b', 'c']) await stage.near.addToGroup(id, 'g');
    await stage.near.addToGroup('a', 'h');
    for (const { presence } of [stage.near, stage.far]) {
      assert.equal(await presence.connectionCount(), 3);
      assert.deepEqual([await presence.isConnected('c'), await presence.isConnected('nobody')], [true, false]);
      assert.deepEqual((await presence.groupMembers('g')).toSorted(byId), [
        { connectionId: 'a', userIdentifier: 'ann' },
        { connectionId: 'b', userIdentifier: 'ann' },
        { connectionId: 'c', userIdentifier: undefined },
      ]);
      assert.deepEqual([await presence.groupCount('g'), await presence.groupCount('none')], [3, 0]);
      assert.deepEqual((await presence.groupsOf('a')).toSorted(), ['g', 'h']);
      assert.deepEqual(await presence.groupsOf('nobody'), []);
      assert.deepEqual((await presence.connectionsOf('ann')).toSorted(), ['a', 'b']);
      assert.deepEqual([await presence.isOnline('ann'), await presence.isOnline('bob')], [true, false]);
    }
    await stage.disconnect(a);
    for (const { presence } of [stage.near, stage.far]) {
      assert.deepEqual([await presence.connectionCount(), await presence.groupCount('g')], [2, 2]);
      assert.deepEqual(await presence.groupsOf('a'), []);
      assert.deepEqual(await presence.connectionsOf('ann'), ['b']);
    }
  },

  'every server hears of first joins and last leaves, in order, until it stops listening': async stage => {
    const heard: string[][] = [[], []];
    const stops = [stage.near, stage.far].map(({ presence }, at) =>
      presence.watch(fact => heard[at]!.push(inShort(fact))),
    );
    const [a, b] = [await stage.connect('a', 'ann'), await stage.connect('b', 'ann')];
    for (const id of ['a', 'b', 'b']) await stage.near.addToGroup(id, 'g');
    await stage.near.removeFromGroup('a', 'g');
    await stage.disconnect(b);
    await stage.disconnect(a);
    const expected = [
      'connected a isFirstOfUser',
      'connected b',
      'joined a g isFirst isFirstOfUser',
      'joined b g',
      'left a g',
      'left b g isLast isLastOfUser',
      'disconnected b',
      'disconnected a isLastOfUser',
    ];
    await eventually('the last fact', () => heard.every(facts => facts.length >= expected.length));
    assert.deepEqual(heard, [expected, expected]);
    for (const stop of stops) stop();
    await stage.connect('c');
    assert.deepEqual(heard, [expected, expected]);
  },
};
