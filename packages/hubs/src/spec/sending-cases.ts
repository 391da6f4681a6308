// Contract cases: who gets a message, in which order, and who waits (§8.3, §10).
import assert from 'node:assert/strict';
import { HubServerError } from '../errors.ts';
import { message } from './contract-stage.ts';
import type { StageCases } from './lifetime-contract.ts';

export const sendingCases: StageCases = {
  'all, and all but some': async stage => {
    const [a, b, c] = [await stage.connect('a'), await stage.connect('b'), await stage.connect('c')];
    await stage.near.sendAll(message('x'));
    await stage.near.sendAll(message('y'), new Set(['b', 'nobody']));
    assert.deepEqual(await stage.received(a, b, c), [['x', 'y'], ['x'], ['x', 'y']]);
  },

  'one connection, some of them, and ids that nobody has': async stage => {
    const [a, b, c] = [await stage.connect('a'), await stage.connect('b'), await stage.connect('c')];
    await stage.near.sendConnection('a', message('to a'));
    await stage.near.sendConnection('b', message('to b'));
    await stage.near.sendConnection('nobody', message('x'));
    await stage.near.sendConnections(['b', 'nobody', 'c'], message('to b and c'));
    assert.deepEqual(await stage.received(a, b, c), [['to a'], ['to b', 'to b and c'], ['to b and c']]);
  },

  'users: each of their connections; names are case-sensitive; nobody is no user': async stage => {
    const [a, b, c] = [await stage.connect('a', 'ann'), await stage.connect('b', 'ann'), await stage.connect('c')];
    await stage.near.sendUsers(['ann'], message('x'));
    await stage.near.sendUsers(['Ann', '', 'undefined', '__proto__'], message('y'));
    assert.deepEqual(await stage.received(a, b, c), [['x'], ['x'], []]);
  },

  'groups: joining twice is joining once; leaving twice and unknown names are no error': async stage => {
    const [a, b, c] = [await stage.connect('a'), await stage.connect('b'), await stage.connect('c')];
    for (const id of ['a', 'a', 'b', 'nobody']) await stage.near.addToGroup(id, 'g');
    await stage.near.sendGroups(['g'], message('1'));
    await stage.near.sendGroups(['G', 'none', '__proto__'], message('2'));
    for (const id of ['a', 'a', 'nobody']) await stage.near.removeFromGroup(id, 'g');
    await stage.near.removeFromGroup('b', 'none');
    await stage.near.sendGroups(['g'], message('3'));
    assert.deepEqual(await stage.received(a, b, c), [['1'], ['1', '3'], []]);
  },

  'a group without some of its members': async stage => {
    const [a, b] = [await stage.connect('a'), await stage.connect('b')];
    for (const id of ['a', 'b']) await stage.near.addToGroup(id, 'g');
    await stage.near.sendGroups(['g'], message('x'), new Set(['b']));
    assert.deepEqual(await stage.received(a, b), [['x'], []]);
  },

  'a connection in two of the groups gets the message twice': async stage => {
    const [a, b] = [await stage.connect('a'), await stage.connect('b')];
    for (const name of ['g', 'h']) await stage.near.addToGroup('a', name);
    await stage.near.addToGroup('b', 'h');
    await stage.near.sendGroups(['g', 'h'], message('x'));
    assert.deepEqual(await stage.received(a, b), [['x', 'x'], ['x']]);
  },

  'what any server puts into a group is in it when the promise resolves': async stage => {
    const [a, b] = [await stage.connect('a'), await stage.connect('b')];
    await stage.far.addToGroup('a', 'g');
    await stage.near.addToGroup('b', 'g');
    await stage.far.sendGroups(['g'], message('x'));
    await stage.near.removeFromGroup('b', 'g');
    await stage.near.sendGroups(['g'], message('y'));
    const [ofA, ofB] = await stage.received(a, b);
    assert.deepEqual([ofA?.toSorted(), ofB], [['x', 'y'], ['x']]);
  },

  'one more group than allowed: too-many-groups; leaving one makes room': async stage => {
    await stage.connect('a');
    for (const name of ['g', 'h', 'i', 'i']) await stage.near.addToGroup('a', name);
    await assert.rejects(
      stage.near.addToGroup('a', 'j'),
      (error: unknown) => error instanceof HubServerError && error.code === 'too-many-groups',
    );
    await stage.near.removeFromGroup('a', 'g');
    await stage.near.addToGroup('a', 'j');
  },

  'who has left gets nothing, in no role': async stage => {
    const [b, a] = [await stage.connect('b'), await stage.connect('a', 'ann')];
    await stage.near.addToGroup('a', 'g');
    await stage.disconnect(a);
    await stage.near.sendAll(message('x'));
    await stage.near.sendGroups(['g'], message('x'));
    await stage.near.sendUsers(['ann'], message('x'));
    await stage.near.sendConnection('a', message('x'));
    assert.deepEqual(await stage.received(b), [['x']]);
    assert.deepEqual(a.targets, []);
  },

  'the messages of one sender arrive in its order': async stage => {
    const [a, b] = [await stage.connect('a', 'ann'), await stage.connect('b', 'ann')];
    for (const id of ['a', 'b']) await stage.near.addToGroup(id, 'g');
    const sent = Array.from({ length: 200 }, (_, n) => String(n));
    const sends = sent.map((name, n) => {
      if (n % 3 === 0) return stage.near.sendAll(message(name));
      return n % 3 === 1 ? stage.near.sendGroups(['g'], message(name)) : stage.near.sendUsers(['ann'], message(name));
    });
    await Promise.all(sends);
    assert.deepEqual(await stage.received(a, b), [sent, sent]);
  },

  'arguments arrive as they were sent': async stage => {
    const [a, b] = [await stage.connect('a'), await stage.connect('b')];
    const args = [null, 0, '', 'ü\u0000\u001e', [1, [2]], { a: { b: true } }];
    await stage.near.sendAll(message('x', ...args));
    await stage.received(a, b);
    for (const { received } of [a, b]) assert.deepEqual(received[0]?.arguments, args);
  },

  'a message to many is encoded once on each server': async stage => {
    const connections = [await stage.connect('a'), await stage.connect('b'), await stage.connect('c')];
    await stage.near.sendAll(message('x', { big: 'thing' }));
    await stage.received(...connections);
    const [a, , c] = connections;
    assert.equal(a?.wires[0], c?.wires[0], 'both are on the same server');
    assert.equal(a?.wires[0]?.isShared, true);
  },

  'who sends to many waits for nobody, except for connections that are waited for': async stage => {
    const a = await stage.connect('a', 'ann');
    const room = Promise.withResolvers<void>();
    a.room = room.promise;
    await stage.near.addToGroup('a', 'g');
    await stage.near.sendAll(message('x'));
    await stage.near.sendUsers(['ann'], message('x'));
    await stage.near.sendGroups(['g'], message('x'));
    await stage.near.sendConnections(['a'], message('x'));
    room.resolve();
  },

  'who sends to one connection of its own server waits until that has room': async stage => {
    const a = await stage.connect('a');
    const room = Promise.withResolvers<void>();
    a.room = room.promise;
    let isSent = false;
    const sent = stage.near.sendConnection('a', message('y')).then(() => {
      isSent = true;
    });
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(isSent, false);
    room.resolve();
    await sent;
  },

  'what cannot be serialized fails for the sender, and nobody gets anything': async stage => {
    const [a, b] = [await stage.connect('a'), await stage.connect('b')];
    await assert.rejects(stage.near.sendAll(message('x', 1n)), TypeError);
    await assert.rejects(stage.near.sendConnection('a', message('x', 1n)), TypeError);
    assert.deepEqual(await stage.received(a, b), [[], []]);
  },
};
