import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { HubServerError } from '../errors.ts';
import { jsonProtocol } from '../protocol/json.ts';
import { type InvocationMessage, resultCompletion } from '../protocol/messages.ts';
import type { OutgoingMessage, WireMessage } from '../protocol/outgoing-message.ts';
import type { LifetimeConnection } from './lifetime-manager.ts';
import { Membership } from './membership.ts';
import { MemoryLifetimeManager } from './memory-lifetime-manager.ts';

class Recorder implements LifetimeConnection {
  readonly wires: WireMessage[] = [];
  /** Set: writes wait for it. */
  room: Promise<void> | undefined;
  readonly connectionId: string;
  readonly userIdentifier: string | undefined;

  constructor(connectionId: string, userIdentifier?: string) {
    this.connectionId = connectionId;
    this.userIdentifier = userIdentifier;
  }

  write(message: OutgoingMessage): Promise<void> | undefined {
    this.wires.push(message.encode(jsonProtocol));
    return this.room;
  }

  get targets(): string[] {
    return this.wires.map(({ data }) => (JSON.parse(String(data).slice(0, -1)) as { target: string }).target);
  }
}

const message = (target: string, ...args: unknown[]): InvocationMessage => ({
  type: 'invocation',
  target,
  arguments: args,
});

describe('who gets a message (§10), in memory', () => {
  let manager: MemoryLifetimeManager;
  let a: Recorder;
  let b: Recorder;
  let c: Recorder;

  beforeEach(() => {
    manager = new MemoryLifetimeManager({ maximumGroupsPerConnection: 2 });
    a = new Recorder('a', 'ann');
    b = new Recorder('b', 'ann');
    c = new Recorder('c');
    for (const connection of [a, b, c]) manager.connected(connection);
  });

  const received = (): string[][] => [a.targets, b.targets, c.targets];

  test('all, and all but some', async () => {
    await manager.sendAll(message('x'));
    await manager.sendAll(message('y'), new Set(['b', 'nobody']));
    assert.deepEqual(received(), [['x', 'y'], ['x'], ['x', 'y']]);
  });

  test('one connection, some connections, unknown ones', async () => {
    await manager.sendConnection('a', message('x'));
    await manager.sendConnection('nobody', message('x'));
    await manager.sendConnections(['b', 'nobody', 'c'], message('y'));
    assert.deepEqual(received(), [['x'], ['y'], ['y']]);
  });

  test('users: every connection of theirs; names are case-sensitive', async () => {
    await manager.sendUsers(['ann'], message('x'));
    await manager.sendUsers(['Ann', '', 'undefined'], message('y'));
    assert.deepEqual(received(), [['x'], ['x'], []]);
  });

  test('groups: joining twice is joining once; leaving, and unknown names, are no error', async () => {
    await manager.addToGroup('a', 'g');
    await manager.addToGroup('a', 'g');
    await manager.addToGroup('b', 'g');
    await manager.addToGroup('nobody', 'g');
    await manager.sendGroups(['g'], message('1'));
    await manager.sendGroups(['G', 'none', '__proto__'], message('2'));
    await manager.removeFromGroup('a', 'g');
    await manager.removeFromGroup('a', 'g');
    await manager.removeFromGroup('nobody', 'g');
    await manager.sendGroups(['g'], message('3'));
    await manager.sendGroups(['g'], message('4'), new Set(['b']));
    assert.deepEqual(received(), [['1'], ['1', '3'], []]);
  });

  test('a connection in two of the groups gets the message twice', async () => {
    await manager.addToGroup('a', 'g');
    await manager.addToGroup('a', 'h');
    await manager.sendGroups(['g', 'h'], message('x'));
    assert.deepEqual(a.targets, ['x', 'x']);
  });

  test('a group that is full of names refuses one more: too-many-groups', async () => {
    await manager.addToGroup('a', 'g');
    await manager.addToGroup('a', 'h');
    await manager.addToGroup('a', 'h');
    await assert.rejects(
      manager.addToGroup('a', 'i'),
      (error: unknown) => error instanceof HubServerError && error.code === 'too-many-groups',
    );
    await manager.removeFromGroup('a', 'g');
    await manager.addToGroup('a', 'i');
  });

  test('who has left gets nothing, in no role', async () => {
    await manager.addToGroup('a', 'g');
    manager.disconnected(a);
    await manager.sendAll(message('x'));
    await manager.sendGroups(['g'], message('x'));
    await manager.sendUsers(['ann'], message('x'));
    await manager.sendConnection('a', message('x'));
    assert.deepEqual(a.targets, []);
  });

  test('a message to many is encoded once', async () => {
    await manager.sendAll(message('x', { big: 'thing' }));
    assert.equal(a.wires[0], b.wires[0]);
    assert.equal(a.wires[0], c.wires[0]);
    assert.equal(a.wires[0]!.isShared, true);
  });

  test('one slow connection holds nobody up who sends to many; who sends to it alone waits for it', async () => {
    const room = Promise.withResolvers<void>();
    a.room = room.promise;
    await manager.sendAll(message('x'));
    await manager.sendUsers(['ann'], message('x'));
    let isTaken = false;
    const alone = manager.sendConnection('a', message('y')).then(() => {
      isTaken = true;
    });
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(isTaken, false);
    room.resolve();
    await alone;
  });

  test('what cannot be serialized fails for the sender, and nobody gets anything', async () => {
    await assert.rejects(manager.sendAll(message('x', 1n)), TypeError);
    await assert.rejects(manager.invokeConnection('a', 'x', [1n]), TypeError);
    assert.deepEqual(received(), [[], [], []]);
  });

  test('a question to an unknown connection: connection-not-found', async () => {
    await assert.rejects(manager.invokeConnection('nobody', 'x', []), {
      code: 'connection-not-found',
      message: "Connection 'nobody' does not exist.",
    });
  });

  test('a question can be given up', async () => {
    const controller = new AbortController();
    const asked = manager.invokeConnection('a', 'x', [], controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(asked, { message: 'enough' });
    assert.equal(manager.completeInvocation('a', resultCompletion('s1', 1)), false);
    await assert.rejects(manager.invokeConnection('a', 'x', [], controller.signal), { message: 'enough' });
  });
});

describe('membership', () => {
  test('a name without members is gone, and so is a member without names', () => {
    const members = new Membership<object>();
    const one = {};
    members.add('n', one);
    members.remove('n', one);
    assert.equal(members.members('n').size, 0);
    members.removeEverywhere(one);
    members.add('n', one);
    members.add('m', one);
    members.removeEverywhere(one);
    assert.deepEqual([members.members('n').size, members.members('m').size], [0, 0]);
  });
});
