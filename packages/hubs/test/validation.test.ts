// Arguments through the Standard Schemas of two libraries, and through one that takes its time.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { defineHub, method, type ParsedHubError, parseHubError, type StandardSchema } from '@longhaul/hubs';
import { createTestHub } from '@longhaul/hubs/testing';
import { leakCheck } from '@longhaul/testing';
import * as v from 'valibot';
import { z } from 'zod';

/** Looks its value up somewhere. */
const knownUser: StandardSchema<unknown, { name: string }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async value => {
      await new Promise(resolve => setImmediate(resolve));
      return value === 'ann' ? { value: { name: 'Ann' } } : { issues: [{ message: 'Nobody has this name' }] };
    },
  },
};

const order: string[] = [];
const hub = defineHub()({
  methods: {
    valibot: method(
      { args: [v.pipe(v.string(), v.trim(), v.nonEmpty()), v.object({ n: v.number() })] },
      (_call, text, { n }) => text.repeat(n),
    ),
    zod: method({ args: [z.string().trim().min(1), z.object({ n: z.number() })] }, (_call, text, { n }) =>
      text.repeat(n),
    ),
    zodAsync: method({ args: [z.string().refine(async text => text !== 'taken')] }, (_call, text) => text),
    lookedUp: method({ args: [knownUser, v.number()] }, (_call, user, n) => {
      order.push(`lookedUp ${n}`);
      return user.name + n;
    }),
    plain: (_call, n: number) => void order.push(`plain ${n}`),
    async *streamed(_call, n: number) {
      yield n;
    },
    upload: method({ args: [v.number()] }, async (_call, factor, items: AsyncIterable<number>) => {
      let sum = 0;
      for await (const item of items) sum += item * factor;
      return sum;
    }),
    sum: method(
      { args: [], items: [v.pipe(v.number(), v.minValue(0))] },
      async (_call, items: AsyncIterable<number>) => {
        let sum = 0;
        for await (const item of items) sum += item;
        return sum;
      },
    ),
    names: method({ args: [], items: [knownUser] }, async (_call, users: AsyncIterable<{ name: string }>) => {
      const names: string[] = [];
      for await (const { name } of users) names.push(name);
      return names;
    }),
    throwing: method(
      { args: [{ '~standard': { version: 1, vendor: 'x', validate: () => Promise.reject(new Error('down')) } }] },
      () => 'in',
    ),
  },
});

async function refusal(call: Promise<unknown>): Promise<ParsedHubError> {
  const refused = parseHubError(await call.catch((error: unknown) => error));
  assert.ok(refused, 'the call was not refused with a HubError');
  return refused;
}

describe('argument validation', () => {
  after(leakCheck());

  for (const library of ['valibot', 'zod']) {
    test(`${library}: the method gets the output; what does not fit is told with its place`, async () => {
      await using tested = createTestHub(hub);
      const client = await tested.connect();
      assert.equal(await client.invoke(library, ' a ', { n: 3 }), 'aaa');
      const refused = await refusal(client.invoke(library, 'a', { n: 'three' }));
      assert.equal(refused.code, 'invalid-arguments');
      const { issues } = refused.data as { issues: { message: string; path: unknown[] }[] };
      assert.deepEqual(issues[0]?.path, [1, 'n']);
      assert.match(issues[0]?.message ?? '', /number/);
      assert.match((await refusal(client.invoke(library, '  ', { n: 1 }))).message, /Argument 1/);
      assert.match((await refusal(client.invoke(library, 5, { n: 1 }))).message, /Argument 1/);
    });
  }

  test('schemas that take their time: the call waits, and the order of calls stays', async () => {
    order.length = 0;
    await using tested = createTestHub(hub);
    const client = await tested.connect();
    const calls = [client.invoke('lookedUp', 'ann', 1), client.invoke('plain', 2), client.invoke('lookedUp', 'ann', 3)];
    assert.deepEqual(await Promise.all(calls), ['Ann1', null, 'Ann3']);
    assert.deepEqual(order, ['lookedUp 1', 'plain 2', 'lookedUp 3']);
    assert.match((await refusal(client.invoke('lookedUp', 'bob', 1))).message, /Nobody has this name/);
    assert.equal(await client.invoke('zodAsync', 'free'), 'free');
    assert.equal((await refusal(client.invoke('zodAsync', 'taken'))).code, 'invalid-arguments');
  });

  test('a validator that fails is a fault of the server: the client learns nothing', async () => {
    await using tested = createTestHub(hub);
    const client = await tested.connect();
    await assert.rejects(client.invoke('throwing', 1), {
      message: "Failed to invoke 'throwing' due to an error on the server.",
    });
  });

  test('uploads stand behind validated arguments', async () => {
    await using tested = createTestHub(hub);
    const client = await tested.connect();
    async function* items(): AsyncGenerator<number> {
      yield* [1, 2];
    }
    assert.equal(await client.invoke('upload', 10, items()), 30);
    assert.equal((await refusal(client.invoke('upload', 'x', items()))).code, 'invalid-arguments');
  });

  test('§8.2 items of an upload stream: one that does not fit ends it with `Failed to bind Stream message.`', async () => {
    await using tested = createTestHub(hub);
    const client = await tested.connect();
    async function* of(...items: unknown[]): AsyncGenerator<unknown> {
      yield* items;
    }
    assert.equal(await client.invoke('sum', of(1, 2, 3)), 6);
    for (const wrong of ['two', -1, null]) {
      const refused = await refusal(client.invoke('sum', of(1, wrong, 3)));
      assert.equal(refused.message, 'Failed to bind Stream message.');
      assert.equal(refused.code, 'invalid-arguments');
    }
    assert.deepEqual(await client.invoke('names', of('ann', 'ann')), ['Ann', 'Ann']);
    assert.match((await refusal(client.invoke('names', of('ann', 'bob', 'ann')))).message, /bind Stream message/);
    assert.equal(await client.invoke('sum', of(4)), 4, 'the connection goes on');
  });
});
