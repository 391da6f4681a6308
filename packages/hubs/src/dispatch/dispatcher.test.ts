// The dispatcher against a connection without a socket: messages go in, messages come out (§8.1, 8.2, 8.3, 8.6).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import { HubServerError } from '../errors.ts';
import { type AnyHubDefinition, defineHub, method } from '../hub.ts';
import { HubError } from '../hub-error.ts';
import { MemoryLifetimeManager } from '../lifetime/memory-lifetime-manager.ts';
import { silentLogger } from '../log.ts';
import { jsonProtocol, writeJson } from '../protocol/json.ts';
import type { HubMessage } from '../protocol/messages.ts';
import type { OutgoingMessage } from '../protocol/outgoing-message.ts';
import type { StandardSchema } from '../standard-schema.ts';
import { type DispatchConnection, Dispatcher } from './dispatcher.ts';
import { DispatchSession } from './session.ts';

const limits = {
  maximumParallelInvocationsPerClient: 1,
  maximumConcurrentCallsPerClient: 100,
  streamBufferCapacity: 10,
};

function harness(hub: AnyHubDefinition, options: { detailed?: boolean; limits?: Partial<typeof limits> } = {}) {
  const sent: string[] = [];
  const lifetime = new MemoryLifetimeManager({ maximumGroupsPerConnection: 10 });
  const session = new DispatchSession({ ...limits, ...options.limits });
  const controller = new AbortController();
  const connection: DispatchConnection & { write(message: OutgoingMessage): undefined } = {
    connectionId: 'c1',
    userIdentifier: 'u1',
    user: { id: 'u1' },
    items: new Map(),
    signal: controller.signal,
    request: undefined as never,
    lifetime,
    groups: {
      add: (id, name) => lifetime.addToGroup(id, name),
      remove: (id, name) => lifetime.removeFromGroup(id, name),
    },
    session,
    abort: () => sent.push('aborted'),
    fail: error => sent.push(`failed: ${error.message}`),
    send: message => void sent.push(writeJson(message)),
    write: message => void sent.push(String(message.encode(jsonProtocol).data).slice(0, -1)),
  };
  lifetime.connected(connection);
  const dispatcher = new Dispatcher(hub, { enableDetailedErrors: options.detailed ?? false, log: silentLogger });
  const dispatch = (message: HubMessage) => dispatcher.dispatch(connection, message);
  return {
    sent,
    session,
    lifetime,
    connection,
    dispatcher,
    dispatch,
    call: (target: string, args: unknown[] = [], invocationId = '1', streamIds?: string[]) =>
      dispatch({ type: 'invocation', invocationId, target, arguments: args, streamIds }),
    stream: (target: string, args: unknown[] = [], invocationId = '1', streamIds?: string[]) =>
      dispatch({ type: 'stream-invocation', invocationId, target, arguments: args, streamIds }),
    /** All that was sent, once there are `count` messages. */
    async answers(count: number): Promise<string[]> {
      await waitFor(`${count} messages`, () => sent.length >= count);
      return sent;
    },
    end(): void {
      session.end();
      controller.abort();
    },
  };
}

const numberSchema: StandardSchema<unknown, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: value =>
      typeof value === 'number' ? { value } : { issues: [{ message: 'Expected a number', path: [{ key: 'n' }] }] },
  },
};

class OddError extends Error {
  override readonly name = 'OddError';
}

const hub = defineHub()({
  methods: {
    add: (_call, a: number, b: number) => a + b,
    nothing() {},
    throwsPlainly() {
      throw new OddError('a secret');
    },
    throwsOnPurpose() {
      throw new HubError('for you', { code: 'c' });
    },
    throwsText() {
      throw 'text';
    },
    cyclic() {
      const value: { self?: unknown } = {};
      value.self = value;
      return value;
    },
    iterates() {
      return hubStream(1);
    },
    doubled: method({ args: [numberSchema] }, (_call, n) => n * 2),
    renamed: method({ name: 'Other' }, () => 'other'),
    guarded: method({ authorize: call => call.userIdentifier === 'admin' }, () => 'in'),
    guardBroken: method({ authorize: () => Promise.reject(new Error('down')) }, () => 'in'),
    async *count(_call, n: number) {
      for (let i = 0; i < n; i += 1) yield i;
    },
    async *countThenFail() {
      yield 1;
      throw new HubError('broken');
    },
    notReallyAStream: method({ streaming: true }, () => 5),
    returnsIterable: method({ streaming: true }, async () => ['a', 'b']),
    async join(_call, prefix: string, words: AsyncIterable<string>) {
      let text = prefix;
      for await (const word of words) text += word;
      return text;
    },
    streamFirst: method(
      { args: [numberSchema], streams: [0] },
      async (_call, items: AsyncIterable<number>, factor: number) => {
        let sum = 0;
        for await (const item of items) sum += item * factor;
        return sum;
      },
    ),
    async *echo(_call, words: AsyncIterable<string>) {
      for await (const word of words) yield word.toUpperCase();
    },
    self(this: { nothing: unknown }) {
      return typeof this.nothing;
    },
  },
});

async function* hubStream(n: number): AsyncGenerator<number> {
  yield n;
}

const failed = (target: string, detail = '') =>
  `{"type":3,"invocationId":"1","error":${JSON.stringify(`An unexpected error occurred invoking '${target}' on the server.${detail}`)}}`;
const unbound = (target: string, detail = '') =>
  `{"type":3,"invocationId":"1","error":${JSON.stringify(`Failed to invoke '${target}' due to an error on the server.${detail}`)}}`;
const refusal = (error: string) => `{"type":3,"invocationId":"1","error":${JSON.stringify(error)}}`;
const result = (value: string) => `{"type":3,"invocationId":"1","result":${value}}`;

describe('invocations and the texts of their errors (§8.1, §8.2)', () => {
  const table: readonly (readonly [string, string, unknown[], string, string?])[] = [
    ['a value', 'add', [1, 2], result('3')],
    ['a void method', 'nothing', [], result('null')],
    ['a target in other case', 'ADD', [1, 2], result('3')],
    ['a name given by method()', 'other', [], result('"other"')],
    ['this is the object of methods', 'self', [], result('"function"')],
    ['the property name of a renamed method', 'renamed', [], refusal("Unknown hub method 'renamed'")],
    ['an unknown method', 'nope', [], refusal("Unknown hub method 'nope'")],
    ['__proto__', '__proto__', [], refusal("Unknown hub method '__proto__'")],
    ['constructor', 'constructor', [], refusal("Unknown hub method 'constructor'")],
    ['toString', 'toString', [], refusal("Unknown hub method 'toString'")],
    ['onConnected is no method', 'onConnected', [], refusal("Unknown hub method 'onConnected'")],
    ['not authorized', 'guarded', [], refusal("Failed to invoke 'guarded' because user is unauthorized")],
    ['authorize throws', 'guardBroken', [], failed('guardBroken'), failed('guardBroken', ' Error: down')],
    [
      'a stream method called plainly',
      'count',
      [1],
      refusal("The client attempted to invoke the streaming 'count' method with a non-streaming invocation."),
    ],
    [
      'a method that returns a stream although it is none',
      'iterates',
      [],
      refusal("The client attempted to invoke the streaming 'iterates' method with a non-streaming invocation."),
    ],
    ['an exception', 'throwsPlainly', [], failed('throwsPlainly'), failed('throwsPlainly', ' OddError: a secret')],
    ['a thrown text', 'throwsText', [], failed('throwsText'), failed('throwsText', ' Error: text')],
    ['a HubError', 'throwsOnPurpose', [], failed('throwsOnPurpose', ' HubException: for you\n{"code":"c"}')],
    ['validated arguments', 'doubled', [21], result('42')],
    [
      'too few arguments',
      'doubled',
      [],
      unbound('doubled'),
      unbound('doubled', ' InvalidDataException: Invocation provides 0 argument(s) but target expects 1.'),
    ],
    [
      'too many arguments',
      'doubled',
      [1, 2],
      unbound('doubled'),
      unbound('doubled', ' InvalidDataException: Invocation provides 2 argument(s) but target expects 1.'),
    ],
    [
      'an argument the schema refuses',
      'doubled',
      ['x'],
      unbound(
        'doubled',
        ' HubException: Error binding arguments. Argument 1: Expected a number\n{"code":"invalid-arguments","data":{"issues":[{"message":"Expected a number","path":[0,"n"]}]}}',
      ),
    ],
  ];
  for (const [name, target, args, expected, detailed = expected] of table) {
    test(name, async () => {
      const plain = harness(hub);
      plain.call(target, args);
      assert.deepEqual(await plain.answers(1), [expected]);
      const verbose = harness(hub, { detailed: true });
      verbose.call(target, args);
      assert.deepEqual(await verbose.answers(1), [detailed]);
      await waitFor('the call to be over', () => plain.session.size === 0);
    });
  }

  test('a result that cannot be serialized is a failed call', async () => {
    const { call, answers } = harness(hub);
    call('cyclic');
    assert.deepEqual(await answers(1), [failed('cyclic')]);
  });

  test('nobody is answered who did not ask to be', async () => {
    const { dispatch, call, answers } = harness(hub);
    for (const target of ['add', 'nope', 'throwsPlainly', 'doubled']) {
      await dispatch({ type: 'invocation', target, arguments: [] });
    }
    await call('nothing');
    assert.deepEqual(await answers(1), [result('null')]);
  });

  test('§8.2 arguments that could not be read fail the call before its streams are counted, and free its slot', async () => {
    const uploading = defineHub()({
      methods: { up: method({ streams: [0] }, (_call, _items: AsyncIterable<unknown>) => 'done'), add: () => 1 },
    });
    const bindingError = new HubServerError('invalid-arguments', 'Error binding arguments.');
    for (const detailed of [false, true]) {
      const { sent, dispatch, answers, session, call } = harness(uploading, { detailed });
      for (const type of ['invocation', 'stream-invocation'] as const) {
        dispatch({ type, invocationId: '1', target: 'up', arguments: [], bindingError });
      }
      const why = detailed ? ' InvalidDataException: Error binding arguments.' : '';
      assert.deepEqual(await answers(2), [unbound('up', why), unbound('up', why)]);
      dispatch({ type: 'invocation', target: 'up', arguments: [], bindingError });
      await waitFor('the calls to be over', () => session.size === 0);
      call('add', []);
      assert.deepEqual((await answers(3)).slice(2), [result('1')]);
      assert.equal(sent.length, 3);
    }
  });

  test('§8.6 an upload item that could not be read ends its stream, and no other one', async () => {
    const { dispatch, call, answers } = harness(hub);
    call('join', [''], '1', ['a']);
    call('join', [''], '2', ['b']);
    const bindingError = new HubServerError('invalid-arguments', 'Error binding arguments.');
    dispatch({ type: 'stream-item', invocationId: 'a', item: undefined, bindingError });
    dispatch({ type: 'stream-item', invocationId: 'nobody', item: undefined, bindingError });
    assert.match((await answers(1))[0]!, /HubException: Failed to bind Stream message\."}$/);
    dispatch({ type: 'stream-item', invocationId: 'b', item: 'x' });
    dispatch({ type: 'completion', invocationId: 'b', hasResult: false });
    assert.match((await answers(2))[1]!, /"invocationId":"2","result"/);
  });

  test('two methods whose names differ by case only are refused when the hub is mapped', () => {
    const twice = defineHub()({ methods: { send() {}, Send() {} } });
    assert.throws(() => harness(twice), { code: 'invalid-hub' });
  });

  test('only functions can be methods', () => {
    assert.throws(() => harness({ methods: { value: 5 } }), { code: 'invalid-hub' });
    assert.throws(() => harness(defineHub()({ methods: { m: method({ streams: [0, 0] }, () => {}) } })), {
      code: 'invalid-hub',
    });
    assert.throws(() => harness(defineHub()({ methods: { m: method({ args: [], streams: [1] }, () => {}) } })), {
      code: 'invalid-hub',
    });
  });

  test('inherited functions are not callable', async () => {
    const inherits = {
      methods: Object.create({ secret: () => 'told' }, { own: { value: () => 1, enumerable: false } }),
    };
    const { call, answers } = harness(inherits);
    call('secret');
    call('own');
    assert.deepEqual(await answers(2), [refusal("Unknown hub method 'secret'"), refusal("Unknown hub method 'own'")]);
  });
});

describe('streams (§8.6)', () => {
  test('items, then the end', async () => {
    const { stream, answers, session } = harness(hub);
    stream('count', [2]);
    assert.deepEqual(await answers(3), [
      '{"type":2,"invocationId":"1","item":0}',
      '{"type":2,"invocationId":"1","item":1}',
      '{"type":3,"invocationId":"1"}',
    ]);
    await waitFor('the stream to be over', () => session.size === 0);
  });

  const refused: readonly (readonly [string, string, string])[] = [
    [
      'a plain method called as a stream',
      'add',
      refusal("The client attempted to invoke the non-streaming 'add' method with a streaming invocation."),
    ],
    [
      'a stream method that returns no stream',
      'notReallyAStream',
      refusal(
        "The value returned by the streaming method 'notReallyAStream' is not a ChannelReader<> or IAsyncEnumerable<>.",
      ),
    ],
    ['an unknown stream', 'nope', refusal("Unknown hub method 'nope'")],
  ];
  for (const [name, target, expected] of refused) {
    test(name, async () => {
      const { stream, answers } = harness(hub);
      stream(target);
      assert.deepEqual(await answers(1), [expected]);
    });
  }

  test('any iterable is a stream when the method says so', async () => {
    const { stream, answers } = harness(hub);
    stream('returnsIterable');
    assert.deepEqual((await answers(3)).slice(0, 2), [
      '{"type":2,"invocationId":"1","item":"a"}',
      '{"type":2,"invocationId":"1","item":"b"}',
    ]);
  });

  test('a stream that fails while it runs', async () => {
    const { stream, answers } = harness(hub);
    stream('countThenFail');
    assert.deepEqual(
      (await answers(2))[1],
      refusal('An error occurred on the server while streaming results. HubException: broken'),
    );
  });

  test('an id in use is refused, and is free again after the end', async () => {
    const gate = Promise.withResolvers<void>();
    const waiting = defineHub()({
      methods: {
        async *wait() {
          await gate.promise;
          yield 1;
        },
      },
    });
    const { stream, answers } = harness(waiting);
    stream('wait');
    stream('wait');
    assert.deepEqual(await answers(1), [refusal("Invocation ID '1' is already in use.")]);
    gate.resolve();
    await answers(3);
    stream('wait');
    assert.equal((await answers(5)).at(-1), '{"type":3,"invocationId":"1"}');
  });

  test('cancel ends with a Completion without error, aborts the signal, runs the generator to its finally', async () => {
    const seen: string[] = [];
    const endless = defineHub()({
      methods: {
        async *tick(call) {
          call.signal.addEventListener('abort', () => seen.push('aborted'));
          try {
            for (let i = 0; ; i += 1) {
              yield i;
              await new Promise(resolve => setImmediate(resolve));
            }
          } finally {
            seen.push('finally');
          }
        },
      },
    });
    const { stream, dispatch, sent, answers, session } = harness(endless);
    stream('tick');
    await answers(3);
    dispatch({ type: 'cancel-invocation', invocationId: '1' });
    await waitFor('the completion', () => sent.at(-1) === '{"type":3,"invocationId":"1"}');
    const count = sent.length;
    await waitFor('the generator to end', () => session.size === 0);
    assert.deepEqual(seen.sort(), ['aborted', 'finally']);
    assert.equal(sent.length, count);
  });

  test('a canceled generator that does not end still counts', async () => {
    let isStarted = false;
    const stuck = defineHub()({
      methods: {
        async *never() {
          isStarted = true;
          await new Promise(() => {});
          yield 1;
        },
      },
    });
    const { stream, dispatch, answers, session } = harness(stuck, { limits: { maximumConcurrentCallsPerClient: 1 } });
    stream('never');
    await waitFor('it to start', () => isStarted);
    dispatch({ type: 'cancel-invocation', invocationId: '1' });
    assert.deepEqual(await answers(1), ['{"type":3,"invocationId":"1"}']);
    assert.equal(session.size, 1);
    stream('never');
    assert.match(
      (await answers(2))[1]!,
      /More than 1 calls and streams of this client are running\.\\n{\\"code\\":\\"too-many-calls\\"}/,
    );
  });

  test('a stream canceled before it has begun never begins', async () => {
    const { stream, dispatch, answers, session } = harness(hub);
    stream('count', [3]);
    dispatch({ type: 'cancel-invocation', invocationId: '1' });
    assert.deepEqual(await answers(1), ['{"type":3,"invocationId":"1"}']);
    await waitFor('the stream to be over', () => session.size === 0);
    assert.equal(session.isInUse('1'), false);
  });

  test('cancel of an unknown id is ignored', () => {
    const { dispatch, sent } = harness(hub);
    dispatch({ type: 'cancel-invocation', invocationId: '77' });
    assert.deepEqual(sent, []);
  });

  test('an ordinary call can be canceled too: its signal aborts, its answer still comes', async () => {
    const waits = defineHub()({
      methods: {
        async wait(call) {
          const aborted = new Promise(resolve => call.signal.addEventListener('abort', resolve));
          call.clients.caller.started();
          await aborted;
          return 'stopped';
        },
      },
    });
    const { call, dispatch, answers } = harness(waits);
    call('wait');
    await answers(1);
    dispatch({ type: 'cancel-invocation', invocationId: '1' });
    assert.equal((await answers(2))[1], result('"stopped"'));
  });

  test('uploads come after the arguments, and items for unknown ids are ignored', async () => {
    const { call, dispatch, answers } = harness(hub);
    call('join', ['>'], '1', ['0']);
    dispatch({ type: 'stream-item', invocationId: '0', item: 'a' });
    dispatch({ type: 'stream-item', invocationId: '9', item: 'x' });
    dispatch({ type: 'stream-item', invocationId: '0', item: 'b' });
    dispatch({ type: 'completion', invocationId: '0', hasResult: false });
    dispatch({ type: 'stream-item', invocationId: '0', item: 'late' });
    assert.deepEqual(await answers(1), [result('">ab"')]);
  });

  test('streams stand where method() says', async () => {
    const { call, dispatch, answers } = harness(hub);
    call('streamFirst', [10], '1', ['0']);
    dispatch({ type: 'stream-item', invocationId: '0', item: 2 });
    dispatch({ type: 'completion', invocationId: '0', hasResult: false });
    assert.deepEqual(await answers(1), [result('20')]);
  });

  test('up and down at the same time', async () => {
    const { stream, dispatch, answers } = harness(hub);
    stream('echo', [], '1', ['0']);
    dispatch({ type: 'stream-item', invocationId: '0', item: 'a' });
    await answers(1);
    dispatch({ type: 'stream-item', invocationId: '0', item: 'b' });
    dispatch({ type: 'completion', invocationId: '0', hasResult: false });
    assert.deepEqual(await answers(3), [
      '{"type":2,"invocationId":"1","item":"A"}',
      '{"type":2,"invocationId":"1","item":"B"}',
      '{"type":3,"invocationId":"1"}',
    ]);
  });

  test('an upload that the client ends with an error throws in the method', async () => {
    const { call, dispatch, answers } = harness(hub);
    call('join', ['>'], '1', ['0']);
    dispatch({ type: 'completion', invocationId: '0', error: 'gave up', hasResult: false });
    assert.deepEqual(await answers(1), [failed('join', ' HubException: gave up')]);
  });

  for (const [sent, expected, streamIds] of [
    [1, 0, ['0']],
    [2, 1, ['0', '1']],
  ] as const) {
    test(`§8.2 ${sent} streams for a method that takes ${expected}`, async () => {
      const { call, answers } = harness(hub);
      const [target, args] = expected === 0 ? ['add', [1, 2]] : ['join', ['>']];
      call(target as string, args as unknown[], '1', [...streamIds]);
      assert.deepEqual(await answers(1), [
        failed(target as string, ` HubException: Client sent ${sent} stream(s), Hub method expects ${expected}.`),
      ]);
    });
  }

  test('a full upload holds everything else back until the method reads', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = defineHub()({
      methods: {
        async take(_call, items: AsyncIterable<number>) {
          await gate.promise;
          let sum = 0;
          for await (const item of items) sum += item;
          return sum;
        },
      },
    });
    const { call, dispatch, answers } = harness(slow, { limits: { streamBufferCapacity: 2 } });
    call('take', [], '1', ['0']);
    const item = { type: 'stream-item', invocationId: '0', item: 1 } as const;
    assert.equal(dispatch(item), undefined);
    assert.equal(dispatch(item), undefined);
    const held = dispatch(item);
    assert.ok(held instanceof Promise);
    gate.resolve();
    await held;
    dispatch({ type: 'completion', invocationId: '0', hasResult: false });
    assert.deepEqual(await answers(1), [result('3')]);
  });

  test('a method that ends without reading releases who waits to upload', async () => {
    const gate = Promise.withResolvers<void>();
    const ignoring = defineHub()({ methods: { take: (_call, _items: AsyncIterable<number>) => gate.promise } });
    const { call, dispatch, session } = harness(ignoring, { limits: { streamBufferCapacity: 1 } });
    call('take', [], '1', ['0']);
    const item = { type: 'stream-item', invocationId: '0', item: 1 } as const;
    dispatch(item);
    const held = dispatch(item);
    gate.resolve();
    await held;
    await waitFor('nothing to run', () => session.size === 0);
  });
});

describe('order and slots (§8.3)', () => {
  function gated(limitsOfTest?: Partial<typeof limits>) {
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const started: string[] = [];
    const gatedHub = defineHub<{ question(): string }>()({
      methods: {
        async work(_call, name: string) {
          started.push(name);
          const gate = Promise.withResolvers<void>();
          gates.set(name, gate);
          await gate.promise;
          return name;
        },
        async ask(call) {
          started.push('ask');
          return await call.clients.caller.invoke.question();
        },
        async *drip() {
          started.push('drip');
          yield 1;
        },
      },
    });
    return { ...harness(gatedHub, limitsOfTest === undefined ? {} : { limits: limitsOfTest }), gates, started };
  }

  test('one call at a time: the second waits, and nothing behind it is looked at', async () => {
    const { call, gates, started, answers } = gated();
    assert.equal(call('work', ['a'], '1'), undefined);
    const second = call('work', ['b'], '2');
    assert.ok(second instanceof Promise);
    await waitFor('the first to start', () => gates.has('a'));
    assert.deepEqual(started, ['a']);
    gates.get('a')!.resolve();
    await second;
    await waitFor('the second to start', () => gates.has('b'));
    gates.get('b')!.resolve();
    assert.deepEqual(await answers(2), [
      '{"type":3,"invocationId":"1","result":"a"}',
      '{"type":3,"invocationId":"2","result":"b"}',
    ]);
  });

  test('maximumParallelInvocationsPerClient of them at a time', async () => {
    const { call, gates } = gated({ maximumParallelInvocationsPerClient: 2 });
    assert.equal(call('work', ['a'], '1'), undefined);
    assert.equal(call('work', ['b'], '2'), undefined);
    assert.ok(call('work', ['c'], '3') instanceof Promise);
    await waitFor('both to start', () => gates.size === 2);
    gates.get('b')!.resolve();
    await waitFor('the third to start', () => gates.has('c'));
  });

  test('streams take no slot', async () => {
    const { call, stream, gates, answers } = gated();
    call('work', ['a'], '1');
    assert.equal(stream('drip', [], '2'), undefined);
    await answers(2);
    gates.get('a')!.resolve();
  });

  test('asking a client gives the slot back, so that its answer can be read', async () => {
    const { call, dispatch, started, answers } = gated();
    assert.equal(call('ask', [], '1'), undefined);
    const next = call('ask', [], '2');
    await waitFor('both to start', () => started.length === 2);
    await next;
    assert.deepEqual((await answers(2)).slice(0, 2), [
      '{"type":1,"invocationId":"s1","target":"question","arguments":[]}',
      '{"type":1,"invocationId":"s2","target":"question","arguments":[]}',
    ]);
    dispatch({ type: 'completion', invocationId: 's1', result: 'yes', hasResult: true });
    assert.equal((await answers(3))[2], result('"yes"'));
  });

  test('calls that wait for the client are limited like all others', async () => {
    const { call, answers } = gated({ maximumConcurrentCallsPerClient: 2 });
    for (const id of ['1', '2', '3']) await call('ask', [], id);
    assert.match((await answers(3)).join(), /More than 2 calls and streams/);
  });

  test('what a method sends to its caller stands before its result', async () => {
    const sends = defineHub<{ note(n: number): void }>()({
      methods: {
        async both(call) {
          await call.clients.caller.note(1);
          call.clients.all.note(2);
          return 3;
        },
      },
    });
    const { call, answers } = harness(sends);
    call('both');
    assert.deepEqual(await answers(3), [
      '{"type":1,"target":"note","arguments":[1]}',
      '{"type":1,"target":"note","arguments":[2]}',
      result('3'),
    ]);
  });

  test('a call that waited for its slot does not start after the end of the connection', async () => {
    const { call, gates, started, end } = gated();
    call('work', ['a'], '1');
    const second = call('work', ['b'], '2');
    await waitFor('the first to start', () => gates.has('a'));
    end();
    gates.get('a')!.resolve();
    await second;
    assert.deepEqual(started, ['a']);
  });
});

describe('the end of a connection, for what runs', () => {
  test('signals abort, also of a call that has returned; uploads fail; streams end', async () => {
    const seen: string[] = [];
    const watching = defineHub()({
      methods: {
        watch(call) {
          call.signal.addEventListener('abort', () => seen.push('watch'));
        },
        async upload(_call, items: AsyncIterable<unknown>) {
          try {
            for await (const _item of items);
          } catch (error) {
            seen.push((error as Error).message);
          }
        },
        async *forever(call) {
          try {
            yield 0;
            await new Promise(resolve => call.signal.addEventListener('abort', resolve));
            yield 1;
          } finally {
            seen.push('forever');
          }
        },
      },
    });
    const { call, stream, answers, end, session } = harness(watching);
    await call('watch');
    await answers(1);
    call('upload', [], '2', ['0']);
    stream('forever', [], '3');
    await answers(2);
    assert.equal(session.size, 3);
    end();
    await waitFor('everything to end', () => session.size === 0);
    assert.deepEqual(seen.sort(), ['The underlying connection was closed.', 'forever', 'watch']);
  });

  test('onConnected may not ask clients; onDisconnected learns why', async () => {
    const seen: unknown[] = [];
    const events = defineHub<{ question(): string }>()({
      methods: {},
      onConnected: call => call.clients.caller.invoke.question(),
      onDisconnected: (call, error) => seen.push([call.connectionId, error?.message]),
    });
    const { dispatcher, connection } = harness(events);
    await assert.rejects(async () => dispatcher.onConnected(connection), {
      code: 'invoke-not-allowed',
      message: 'Client results inside OnConnectedAsync Hub methods are not allowed.',
    });
    await dispatcher.onDisconnected(connection, new Error('why'));
    assert.deepEqual(seen, [['c1', 'why']]);
  });
});
