// The memory manager against the contract, and the sets it is made of.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lifetimeContract } from '../spec/lifetime-contract.ts';
import type { LifetimeConnection } from './lifetime-manager.ts';
import { Membership } from './membership.ts';
import { MemoryLifetimeManager } from './memory-lifetime-manager.ts';

describe('the contract of lifetime managers (§10), in memory', () => {
  const contract = lifetimeContract({
    servers: 1,
    create: (_count, settings) => ({ managers: [new MemoryLifetimeManager(settings)] }),
  });
  for (const { name, run } of contract) test(name, run);

  test('over two servers the contract can be kept: one memory behind both is the perfect backplane', async () => {
    const cases = lifetimeContract({
      servers: 2,
      create: (count, settings) => ({ managers: Array(count).fill(new MemoryLifetimeManager(settings)) }),
    }).filter(({ name }) => name.endsWith(', over two servers'));
    assert.equal(cases.length, contract.length);
    for (const { run } of cases) await run();
  });

  test('the contract is broken by a manager that drops a message, or sends one too many', async () => {
    class Forgetful extends MemoryLifetimeManager {
      override async sendUsers(): Promise<void> {}
    }
    class Loud extends MemoryLifetimeManager {
      override async sendConnection(
        ...[, message]: Parameters<MemoryLifetimeManager['sendConnection']>
      ): Promise<void> {
        await this.sendAll(message);
      }
    }
    for (const Broken of [Forgetful, Loud]) {
      const cases = lifetimeContract({
        servers: 1,
        create: (_count, settings) => ({ managers: [new Broken(settings)] }),
      });
      const outcomes = await Promise.allSettled(cases.map(({ run }) => run()));
      assert.ok(outcomes.some(({ status }) => status === 'rejected'));
    }
  });

  test('a send to many waits for those that are waited for, and for nobody else', async () => {
    const manager = new MemoryLifetimeManager({ maximumGroupsPerConnection: 1 });
    const rooms = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const connection = (at: number, isWaitedFor: boolean): LifetimeConnection => ({
      connectionId: String(at),
      userIdentifier: 'u',
      isWaitedFor,
      write: () => rooms[at]!.promise,
    });
    manager.connected(connection(0, false));
    manager.connected(connection(1, true));
    let isSent = false;
    const sent = manager.sendUsers(['u'], { type: 'invocation', target: 'x', arguments: [] }).then(() => {
      isSent = true;
    });
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(isSent, false);
    rooms[1]!.resolve();
    await sent;
  });
});

describe('membership', () => {
  test('a name without members is gone, and so is a member without names', () => {
    const members = new Membership<object>();
    const one = {};
    members.add('n', one);
    assert.equal(members.remove('n', one), true);
    assert.equal(members.remove('n', one), false);
    assert.equal(members.members('n').size, 0);
    assert.deepEqual([...members.removeEverywhere(one)], []);
    members.add('n', one);
    members.add('m', one);
    assert.deepEqual([...members.names(one)], ['n', 'm']);
    assert.deepEqual([...members.removeEverywhere(one)], ['n', 'm']);
    assert.deepEqual([members.members('n').size, members.members('m').size], [0, 0]);
  });
});
