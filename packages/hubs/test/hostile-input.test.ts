// What a hostile client may try: its own connection ends or its call fails as specified, a bystander notices nothing.
import assert from 'node:assert/strict';
import { type AddressInfo, connect } from 'node:net';
import { after, describe, type TestContext, test } from 'node:test';
import { defineHub } from '@longhaul/hubs';
import { leakCheck, seededRandom, waitFor } from '@longhaul/testing';
import { type BareClient, bareClient, bareHubClient, jsonHandshake } from './bare-client.ts';
import { type Host, host } from './host.ts';
import { connected } from './official-client.ts';

const ends: (string | undefined)[] = [];
const hub = defineHub<{ note(text: string): void; question(): string }>()({
  methods: {
    ping: () => 'pong',
    echo: (_call, value: unknown) => value,
    copy: (_call, value: object) => Object.assign({}, value),
    ask: call => call.clients.caller.invoke.question(),
    join: (call, name: string) => call.groups.add(call.connectionId, name),
    hang: call => new Promise<void>(resolve => call.signal.addEventListener('abort', () => resolve())),
    async *forever(call) {
      for (let n = 0; !call.signal.aborted; n += 1) yield n;
    },
    async *waiting(call) {
      await new Promise<void>(resolve => call.signal.addEventListener('abort', () => resolve()));
      yield 1;
    },
    async swallow(_call, items: AsyncIterable<unknown>) {
      for await (const _item of items);
      return 'swallowed';
    },
  },
  onDisconnected: (_call, error) => ends.push((error as { code?: string } | undefined)?.code),
});

const invocation = (target: string, args = '[]', id = '1') =>
  `{"type":1,"invocationId":"${id}","target":"${target}","arguments":${args}}`;

/** Runs the attack beside a client of the official kind, which must be served as ever. */
async function besideABystander(
  t: TestContext,
  attack: (host: Host, attacker: BareClient) => Promise<void>,
  options?: Parameters<typeof host>[2],
): Promise<void> {
  const place = await host(t, hub, options);
  const bystander = await connected(t, `${place.url}/hub`);
  let isGone = false;
  bystander.onclose(() => {
    isGone = true;
  });
  const notes: string[] = [];
  bystander.on('note', text => notes.push(text));
  ends.length = 0;
  await attack(place, await bareHubClient(t, `${place.url}/hub`));
  assert.equal(await bystander.invoke('ping'), 'pong');
  await place.hubs.context(hub).clients.all.note('still here');
  await waitFor('the note', () => notes.length === 1);
  assert.equal(isGone, false);
  assert.deepEqual(place.complaints, []);
}

const closedWithError = '{"type":7,"error":"Connection closed with an error.","allowReconnect":true}';

describe('messages that end their own connection (§6, §8.5)', () => {
  after(leakCheck());

  const fatal: readonly (readonly [string, string, string])[] = [
    ['no JSON', 'nonsense', 'invalid-message'],
    ['a number', '5', 'invalid-message'],
    ['no type', '{}', 'invalid-message'],
    ['a type of the wrong kind', '{"type":"1"}', 'invalid-message'],
    ['a target of the wrong kind', '{"type":1,"target":{},"arguments":[]}', 'invalid-message'],
    ['arguments that are no list', '{"type":1,"target":"ping","arguments":{"length":1e9}}', 'invalid-message'],
    ['fields under __proto__', '{"__proto__":{"type":1,"target":"ping","arguments":[]}}', 'invalid-message'],
    ['a message of 40 KB', invocation('echo', `["${'x'.repeat(40_000)}"]`), 'message-too-large'],
  ];
  for (const [name, record, code] of fatal) {
    test(name, t =>
      besideABystander(t, async (_host, attacker) => {
        attacker.send(invocation('ping'), record, invocation('ping', '[]', '2'));
        // What came before is still answered; what comes after is not looked at.
        assert.equal(await attacker.next(), '{"type":3,"invocationId":"1","result":"pong"}');
        assert.equal(await attacker.next(), closedWithError);
        assert.equal((await attacker.closed).code, 1000);
        await waitFor('onDisconnected', () => ends.length === 1);
        assert.deepEqual(ends, [code]);
      }),
    );
  }

  test('§8.5 a message that never ends is refused when it is over the limit, not later', t =>
    besideABystander(t, async (_host, attacker) => {
      for (let n = 0; n < 40; n += 1) attacker.socket.send('x'.repeat(1_000));
      assert.equal(await attacker.next(), closedWithError);
    }));

  test('bytes that are no UTF-8, in a binary frame', t =>
    besideABystander(t, async (_host, attacker) => {
      attacker.socket.send(Buffer.of(0x7b, 0xff, 0x7d, 0x1e));
      assert.equal(await attacker.next(), closedWithError);
    }));

  test('a connection that ends inside a message', t =>
    besideABystander(t, async (_host, attacker) => {
      attacker.socket.send('{"type":1,');
      attacker.socket.close();
      await waitFor('onDisconnected', () => ends.length === 1);
      assert.deepEqual(ends, ['invalid-message']);
    }));

  test('a frame over maxMessageBytes closes the WebSocket with 1009', t =>
    besideABystander(
      t,
      async (_host, attacker) => {
        attacker.socket.send(`{"type":6}\u001e`.repeat(20_000));
        assert.equal((await attacker.closed).code, 1009);
        await waitFor('onDisconnected', () => ends.length === 1);
        assert.deepEqual(ends, ['connection-lost']);
      },
      { endpoint: { webSockets: { maxMessageBytes: 100_000 } } },
    ));
});

describe('messages that fail by themselves', () => {
  after(leakCheck());

  test('names from the prototype are unknown methods', t =>
    besideABystander(t, async (_host, attacker) => {
      for (const target of [
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        'onDisconnected',
        'methods',
        '',
      ]) {
        attacker.send(invocation(target));
        assert.equal(await attacker.next(), `{"type":3,"invocationId":"1","error":"Unknown hub method '${target}'"}`);
      }
    }));

  test('__proto__ in an argument reaches no copy of it', t =>
    besideABystander(t, async (_host, attacker) => {
      attacker.send(
        invocation('copy', '[{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"a":1}]'),
      );
      assert.equal(
        await attacker.next(),
        '{"type":3,"invocationId":"1","result":{"constructor":{"prototype":{"isAdmin":true}},"a":1}}',
      );
      assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
    }));

  test('a nest of 15,000 arrays is echoed or refused, as one call', t =>
    besideABystander(t, async (_host, attacker) => {
      attacker.send(invocation('echo', `[${'['.repeat(15_000)}${']'.repeat(15_000)}]`));
      assert.match(await attacker.next(), /^\{"type":3,"invocationId":"1",/);
      attacker.send(invocation('ping'));
      assert.match(await attacker.next(), /pong/);
    }));

  test('unknown ids, unknown types, empty records of a known type', t =>
    besideABystander(t, async (_host, attacker) => {
      attacker.send(
        '{"type":5,"invocationId":"no"}',
        '{"type":2,"invocationId":"no","item":1}',
        '{"type":3,"invocationId":"s1","result":1}',
        '{"type":3,"invocationId":"__proto__"}',
        '{"type":8,"sequenceId":-5}',
        '{"type":9,"sequenceId":-9007199254740991}',
        '{"type":77}',
        '{"type":6}',
        invocation('ping'),
      );
      assert.match(await attacker.next(), /pong/);
    }));

  test('§8.7 an answer to a question that was put to somebody else is not taken', async t => {
    const { url, hubs } = await host(t, hub);
    const [asked, forger] = [await bareHubClient(t, `${url}/hub`), await bareHubClient(t, `${url}/hub`)];
    asked.send(invocation('ask'));
    const question = JSON.parse(await asked.next()) as { invocationId: string };
    forger.send(`{"type":3,"invocationId":"${question.invocationId}","result":"forged"}`, invocation('ping'));
    assert.match(await forger.next(), /pong/);
    asked.send(`{"type":3,"invocationId":"${question.invocationId}","result":"mine"}`);
    assert.equal(await asked.next(), '{"type":3,"invocationId":"1","result":"mine"}');
    assert.equal(hubs.connectionCount, 2);
  });
});

describe('floods', () => {
  after(leakCheck());

  test('100,000 pings and 20,000 unknown ids', t =>
    besideABystander(t, async (_host, attacker) => {
      for (let n = 0; n < 100; n += 1) {
        attacker.socket.send(`{"type":6}\u001e`.repeat(1_000) + `{"type":5,"invocationId":"no"}\u001e`.repeat(200));
      }
      attacker.send(invocation('ping'));
      assert.match(await attacker.next(), /pong/);
    }));

  test('20,000 calls at once are answered in order', t =>
    besideABystander(t, async (_host, attacker) => {
      for (let n = 0; n < 20; n += 1) {
        attacker.send(...Array.from({ length: 1_000 }, (_, at) => invocation('echo', `[${n * 1_000 + at}]`)));
      }
      for (let n = 0; n < 20_000; n += 1)
        assert.equal(await attacker.next(), `{"type":3,"invocationId":"1","result":${n}}`);
    }));

  test('calls without end: one runs, nothing behind it is read, and its death is noticed by a ping', t =>
    besideABystander(
      t,
      async ({ hubs }, attacker) => {
        for (let n = 0; n < 100; n += 1) attacker.send(invocation('hang', '[]', String(n)));
        await waitFor('three pings', () => attacker.heard.filter(record => record === '{"type":6}').length >= 3);
        assert.equal(
          attacker.heard.every(record => record === '{"type":6}'),
          true,
        );
        attacker.socket.terminate();
        await waitFor('only the bystander to be left', () => hubs.connectionCount === 1);
      },
      { endpoint: { keepAliveIntervalMs: 20 } },
    ));

  test('streams without end: 100 run, the next is refused with too-many-calls', t =>
    besideABystander(t, async (_host, attacker) => {
      for (let n = 0; n < 300; n += 1)
        attacker.send(`{"type":4,"invocationId":"${n}","target":"waiting","arguments":[]}`);
      for (let n = 100; n < 300; n += 1) {
        const refused = JSON.parse(await attacker.next()) as { invocationId: string; error: string };
        assert.equal(refused.invocationId, String(n));
        assert.match(
          refused.error,
          /HubException: More than 100 calls and streams of this client are running\.\n\{"code":"too-many-calls"\}$/,
        );
      }
      attacker.send('{"type":5,"invocationId":"0"}');
      assert.equal(await attacker.next(), '{"type":3,"invocationId":"0"}');
      attacker.send('{"type":4,"invocationId":"300","target":"waiting","arguments":[]}', invocation('ping'));
      assert.match(await attacker.next(), /pong/);
    }));

  test('a call with thousands of upload streams', t =>
    besideABystander(t, async (_host, attacker) => {
      const ids = JSON.stringify(Array.from({ length: 3_000 }, (_, n) => String(n)));
      attacker.send(`{"type":1,"invocationId":"1","target":"swallow","arguments":[],"streamIds":${ids}}`);
      assert.match(await attacker.next(), /More than 100 calls and streams/);
    }));

  test('the same upload stream twice', t =>
    besideABystander(t, async (_host, attacker) => {
      attacker.send('{"type":1,"invocationId":"1","target":"swallow","arguments":[],"streamIds":["5"]}');
      attacker.send('{"type":1,"invocationId":"2","target":"swallow","arguments":[],"streamIds":["5"]}');
      assert.match(await attacker.next(), /"invocationId":"2","error":"An unexpected error occurred/);
      attacker.send('{"type":3,"invocationId":"5"}');
      assert.equal(await attacker.next(), '{"type":3,"invocationId":"1","result":"swallowed"}');
    }));

  test('groups without end: too-many-groups', t =>
    besideABystander(
      t,
      async ({ complaints }, attacker) => {
        for (let n = 0; n < 10; n += 1) attacker.send(invocation('join', `["g${n}"]`));
        for (let n = 0; n < 5; n += 1)
          assert.equal(await attacker.next(), '{"type":3,"invocationId":"1","result":null}');
        for (let n = 5; n < 10; n += 1)
          assert.match(await attacker.next(), /unexpected error occurred invoking 'join'/);
        assert.deepEqual(
          complaints.splice(0).map(({ err }) => (err as { code: string }).code),
          Array(5).fill('too-many-groups'),
        );
      },
      { server: { maximumGroupsPerConnection: 5 } },
    ));

  test('questions without an answer are limited like calls', t =>
    besideABystander(t, async (_host, attacker) => {
      for (let n = 0; n < 150; n += 1) attacker.send(invocation('ask', '[]', String(n)));
      await waitFor(
        'the refusals',
        () => attacker.heard.filter(record => record.includes('More than 100')).length === 50,
      );
      assert.equal(attacker.heard.filter(record => record.includes('"target":"question"')).length, 100);
    }));
});

describe('slow consumers', () => {
  after(leakCheck());

  /** A client that stops reading: a bare socket that was upgraded by hand. */
  async function deafClient(t: TestContext, { server }: Host) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.write(
      'GET /hub HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    const handshake = Buffer.from(`${jsonHandshake}\u001e`);
    socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | handshake.length, 0, 0, 0, 0), handshake]));
    await new Promise<void>(resolve => socket.once('data', () => resolve()));
    socket.pause();
    return socket;
  }

  test('a client that reads nothing is disconnected beyond maximumBufferedBytes; broadcasts never wait for it', async t => {
    const place = await host(t, hub, {
      endpoint: { maximumBufferedBytes: 500_000, webSockets: { closeTimeoutMs: 50 } },
    });
    const bystander = await connected(t, `${place.url}/hub`);
    let notes = 0;
    bystander.on('note', () => {
      notes += 1;
    });
    ends.length = 0;
    await deafClient(t, place);
    const { clients } = place.hubs.context(hub);
    let sent = 0;
    // One at a time, as fast as the bystander reads: until the kernel's buffers for the deaf one are full as well.
    while (!ends.includes('slow-consumer')) {
      await clients.all.note('x'.repeat(200_000));
      sent += 1;
      await waitFor('the bystander to have it', () => notes === sent);
      assert.ok(sent < 500, 'a hundred megabytes were taken for a client that reads nothing');
    }
    await waitFor('only the bystander to be left', () => place.hubs.connectionCount === 1);
    assert.equal(await bystander.invoke('ping'), 'pong');
  });

  test('the reason reaches a client that catches up', async t => {
    const place = await host(t, hub, { endpoint: { maximumBufferedBytes: 100_000 } });
    const client = await bareHubClient(t, `${place.url}/hub`);
    const { clients } = place.hubs.context(hub);
    ends.length = 0;
    client.socket.pause();
    await waitFor('the slow consumer to be given up', async () => {
      await clients.all.note('x'.repeat(100_000));
      return ends.includes('slow-consumer');
    });
    client.socket.resume();
    await client.closed;
    assert.deepEqual(JSON.parse(client.heard.at(-1)!), {
      type: 7,
      error:
        'Connection closed with an error. HubException: The client reads too slowly: more than 100000 bytes wait for it.\n{"code":"slow-consumer"}',
      allowReconnect: true,
    });
  });

  test('a stream to a client that reads nothing stops, and goes on when it reads', async t => {
    let produced = 0;
    const stream = defineHub()({
      methods: {
        async *count() {
          for (;;) {
            produced += 1;
            yield produced;
          }
        },
      },
    });
    const place = await host(t, stream, { endpoint: { maximumBufferedBytes: 100_000_000 } });
    const client = await bareHubClient(t, `${place.url}/hub`);
    client.socket.pause();
    client.send('{"type":4,"invocationId":"1","target":"count","arguments":[]}');
    let before = -1;
    const standsStill = (): boolean => {
      const isStill = produced > 0 && produced === before;
      before = produced;
      return isStill;
    };
    await waitFor('the stream to stand still', standsStill, { everyMs: 200, timeoutMs: 20_000 });
    client.socket.resume();
    await waitFor('the stream to go on', () => produced > before);
    client.socket.terminate();
    await waitFor('the end', () => place.hubs.connectionCount === 0);
  });
});

describe('random bytes', () => {
  after(leakCheck());

  test('whatever is sent, a connection answers, ignores or closes; the server lives on', async t => {
    const random = seededRandom();
    t.diagnostic(`seed ${random.seed}`);
    const place = await host(t, hub);
    const bystander = await connected(t, `${place.url}/hub`);
    const words = [
      '{',
      '}',
      '[',
      ']',
      '"type"',
      ':',
      ',',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '"target"',
      '"echo"',
      '"arguments"',
      '"invocationId"',
      '"1"',
      'null',
      '\u001e',
      '__proto__',
      '"',
      '\\u0000',
      'é',
      '-1',
      '1e999',
    ];
    for (let round = 0; round < 60; round += 1) {
      const attacker =
        round % 3 === 0 ? await bareClient(t, `${place.url}/hub`) : await bareHubClient(t, `${place.url}/hub`);
      for (let n = 0; n < 30 && attacker.socket.readyState === attacker.socket.OPEN; n += 1) {
        const length = 1 + random.below(20);
        attacker.socket.send(Array.from({ length }, () => random.pick(words)).join(''));
      }
      attacker.socket.close();
      await attacker.closed;
    }
    assert.equal(await bystander.invoke('ping'), 'pong');
    assert.deepEqual(place.complaints, []);
  });
});
