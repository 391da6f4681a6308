// What the compiler knows of a hub, on both ends. The assertions are types: `@ts-expect-error` fails when there is none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Authorization,
  createHubServer,
  defineHub,
  type HubFilter,
  type HubPolicy,
  type HubServer,
  type HubUser,
  method,
  type TypedConnection,
} from '@longhaul/hubs';
import * as v from 'valibot';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const isTrue = <T extends true>(): T | undefined => undefined;

interface Client {
  note(text: string): void;
  question(n: number): Promise<string>;
}

interface Person extends HubUser {
  readonly id: string;
  readonly roles: string[];
}

const isAdmin: HubPolicy<Client, Person> = (call, { method: name, args }) => {
  isTrue<Equal<typeof name, string>>();
  isTrue<Equal<typeof args, readonly unknown[]>>();
  return call.user?.roles.includes('admin') === true;
};

/** Never used: only its types matter. */
export const filter: HubFilter<Person> = {
  async invokeMethod({ call }, next) {
    isTrue<Equal<typeof call.user, Person | undefined>>();
    return await next();
  },
  onConnected: (_call, next) => next(),
};

const hub = defineHub<Client, Person>()({
  authorize: [isAdmin, call => call.user?.id !== 'banned'],
  methods: {
    plain(call, a: string, b?: number) {
      isTrue<Equal<typeof call.user, Person | undefined>>();
      // @ts-expect-error: clients have no such method
      void call.clients.all.nope;
      // @ts-expect-error: a note is a text
      void (() => call.clients.all.note(5));
      // @ts-expect-error: only single clients can be asked
      void call.clients.all.invoke;
      return `${a}${b}`;
    },
    async asks(call) {
      const answer = await call.clients.caller.invoke.question(1);
      isTrue<Equal<typeof answer, string>>();
      return answer;
    },
    checked: method(
      { args: [v.pipe(v.string(), v.transform(Number))], authorize: call => call.user?.roles.includes('x') === true },
      (call, n) => {
        isTrue<Equal<typeof n, number>>();
        isTrue<Equal<typeof call.user, Person | undefined>>();
        return call.clients.caller.note(String(n));
      },
    ),
    guarded: method({ authorize: isAdmin }, async (call, n: number) => (await call.presence.groupCount('g')) + n),
    // @ts-expect-error: a policy says yes or no
    misguarded: method({ authorize: () => 'yes' }, () => 1),
    async *down(_call, to: number) {
      yield to;
    },
    upload: async (_call, name: string, _items: AsyncIterable<Date>) => name.length,
  },
});

/** Never called: only its types matter. */
export function client(connection: TypedConnection<typeof hub>): void {
  isTrue<Equal<ReturnType<typeof connection.invoke.plain>, Promise<string>>>();
  isTrue<Equal<ReturnType<typeof connection.invoke.upload>, Promise<number>>>();
  isTrue<Equal<ReturnType<typeof connection.invoke.asks>, Promise<string>>>();
  void connection.invoke.plain('a');
  isTrue<Equal<ReturnType<typeof connection.invoke.guarded>, Promise<number>>>();
  // @ts-expect-error: a text is wanted
  void connection.invoke.plain(1);
  // @ts-expect-error: no such method
  void connection.invoke.nope();
  // @ts-expect-error: a stream is not invoked
  void connection.invoke.down;
  // @ts-expect-error: a plain method is not streamed
  void connection.stream.plain;
  connection.stream.down(5).subscribe({ next: (item: number) => item, error() {}, complete() {} });
  connection.on.note(text => text.toUpperCase());
  connection.on.question(async n => String(n));
  // @ts-expect-error: the answer is a text
  connection.on.question(n => n);
}

export function server(hubs: HubServer): void {
  hubs.map('/a', hub, {
    authorize: ({ negotiated }): Authorization<Person> => {
      isTrue<Equal<typeof negotiated, Person | undefined>>();
      return { allowed: true, user: { id: 'x', roles: [] } };
    },
  });
  // @ts-expect-error: this is no Person
  hubs.map('/b', hub, { authorize: () => ({ allowed: true, user: { id: 1 } }) });
  void hubs.context(hub).clients.user('x').note('text');
  void hubs
    .context(hub)
    .presence.groupMembers('g')
    .then(members => {
      isTrue<Equal<(typeof members)[number]['userIdentifier'], string | undefined>>();
    });
  // @ts-expect-error: nobody calls from here
  void hubs.context(hub).clients.caller;
}

test('the types of a hub reach its clients (checked by the compiler)', () => {
  assert.equal(typeof createHubServer, 'function');
  assert.deepEqual(Object.keys(hub.methods), ['plain', 'asks', 'checked', 'guarded', 'misguarded', 'down', 'upload']);
});
