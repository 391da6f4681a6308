import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HubLifetimeManager } from '../lifetime/lifetime-manager.ts';
import { CallerClients } from './clients.ts';

interface Chat {
  say(text: string): void;
  question(n: number): number;
}

/** A lifetime manager that only writes down what it is asked to do. */
function recorded() {
  const asked: unknown[][] = [];
  const lifetime = new Proxy({} as HubLifetimeManager, {
    get:
      (_target, name) =>
      async (...args: unknown[]) => {
        asked.push([name, ...args]);
        return 'answer';
      },
  });
  let released = 0;
  const clients = new CallerClients<Chat>(lifetime, 'me', () => {
    released += 1;
  });
  return { asked, clients, released: () => released };
}

const message = { type: 'invocation', target: 'say', arguments: ['hi'] };

describe('clients (§10)', () => {
  const table: readonly (readonly [string, (clients: CallerClients<Chat>) => unknown, unknown[]])[] = [
    ['all', clients => clients.all.say('hi'), ['sendAll', message]],
    ['allExcept', clients => clients.allExcept(['a']).say('hi'), ['sendAll', message, new Set(['a'])]],
    ['caller', clients => clients.caller.say('hi'), ['sendConnection', 'me', message]],
    ['others', clients => clients.others.say('hi'), ['sendAll', message, new Set(['me'])]],
    ['client', clients => clients.client('a').say('hi'), ['sendConnection', 'a', message]],
    ['clients', clients => clients.clients(['a', 'b']).say('hi'), ['sendConnections', ['a', 'b'], message]],
    ['group', clients => clients.group('g').say('hi'), ['sendGroups', ['g'], message]],
    ['groups', clients => clients.groups(['g', 'h']).say('hi'), ['sendGroups', ['g', 'h'], message]],
    [
      'groupExcept',
      clients => clients.groupExcept('g', ['a']).say('hi'),
      ['sendGroups', ['g'], message, new Set(['a'])],
    ],
    ['othersInGroup', clients => clients.othersInGroup('g').say('hi'), ['sendGroups', ['g'], message, new Set(['me'])]],
    ['user', clients => clients.user('u').say('hi'), ['sendUsers', ['u'], message]],
    ['users', clients => clients.users(['u', 'v']).say('hi'), ['sendUsers', ['u', 'v'], message]],
  ];
  for (const [name, act, expected] of table) {
    test(name, async () => {
      const { asked, clients, released } = recorded();
      await act(clients);
      assert.deepEqual(asked, [expected]);
      assert.equal(released(), 0);
    });
  }

  test('invoke asks one client and gives the slot back first', async () => {
    const { asked, clients, released } = recorded();
    assert.equal(await clients.caller.invoke.question(20), 'answer');
    assert.equal(await clients.client('a').invoke.question(20), 'answer');
    assert.deepEqual(asked, [
      ['invokeConnection', 'me', 'question', [20], undefined],
      ['invokeConnection', 'a', 'question', [20], undefined],
    ]);
    assert.equal(released(), 2);
  });

  test('invokeWith gives up in time, or with its signal', async () => {
    const lifetime = {
      invokeConnection: (_id: string, _target: string, _args: unknown[], signal?: AbortSignal) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    } as unknown as HubLifetimeManager;
    const clients = new CallerClients<Chat>(lifetime, 'me', () => {});
    await assert.rejects(clients.caller.invokeWith({ timeoutMs: 5 }).question(1), { code: 'invoke-timeout' });
    const controller = new AbortController();
    const asked = clients.caller.invokeWith({ timeoutMs: 60_000, signal: controller.signal }).question(1);
    controller.abort(new Error('enough'));
    await assert.rejects(asked, { message: 'enough' });
  });

  test('§10 a group without a name is refused, and nothing is sent', async () => {
    const { asked, clients } = recorded();
    for (const send of [clients.groups(['g', '']), clients.group(''), clients.groupExcept('', [])]) {
      await assert.rejects(send.say('hi'), {
        code: 'empty-group-name',
        message: 'Cannot send to an empty group name.',
      });
    }
    assert.deepEqual(asked, []);
  });

  test('a set of clients can be returned from an async function: it is no promise', async () => {
    const { clients, asked } = recorded();
    const all = await Promise.resolve(clients.all);
    await all.say('hi');
    assert.equal(asked.length, 1);
  });
});
