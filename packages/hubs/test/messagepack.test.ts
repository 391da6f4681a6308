// The official client with its MessagePack protocol, over both transports that carry bytes; and bare bytes over a socket.
import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import { defineHub, HubError, parseHubError } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { HttpTransportType, type HubConnection, Subject } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import { decode } from '@msgpack/msgpack';
import { goldenMessages } from '../src/spec/golden-wire.ts';
import { BareClient, bareClient } from './bare-client.ts';
import { host } from './host.ts';
import { connected, officialClient } from './official-client.ts';

interface Client {
  note(value: unknown): void;
  question(value: unknown): unknown;
}

const ended: string[] = [];
const hub = defineHub<Client>()({
  methods: {
    echo: (_call, value: unknown) => value,
    kind: (_call, value: unknown) => Object.prototype.toString.call(value),
    nothing() {},
    large: () => 2n ** 62n,
    failure() {
      throw new HubError('no such thing', { code: 'not-found', data: { id: 7 } });
    },
    cycle() {
      const value: unknown[] = [];
      value.push(value);
      return value;
    },
    tellAll: (call, value: unknown) => call.clients.all.note(value),
    ask: (call, value: unknown) => call.clients.caller.invoke.question(value),
    async *parts(_call, count: number) {
      for (let n = 0; n < count; n += 1) yield Uint8Array.of(n, n + 1);
    },
    async *forever(call) {
      try {
        for (let n = 0; !call.signal.aborted; n += 1) yield n;
      } finally {
        ended.push('forever');
      }
    },
    async join(_call, parts: AsyncIterable<Uint8Array>) {
      const all: Uint8Array[] = [];
      for await (const part of parts) all.push(part);
      return Buffer.concat(all);
    },
  },
});

async function connect(t: TestContext, url: string, transport: HttpTransportType): Promise<HubConnection> {
  const connection = officialClient(t, `${url}/hub`, { transport }, builder =>
    builder.withHubProtocol(new MessagePackHubProtocol()),
  );
  await connection.start();
  return connection;
}

/** A text of less than 32 bytes. */
const text = (value: string): number[] => [0xa0 + value.length, ...Buffer.from(value)];

/** A client after its handshake that sends the bodies it is told to, and gives what it hears, but no pings. */
async function speaker(t: TestContext, url: string) {
  const client = await bareClient(t, url);
  const bodies: unknown[][] = [];
  client.socket.on('message', data => {
    for (let rest = data as Buffer; rest.length > 0; ) {
      const [length, size] = rest[0]! < 0x80 ? [rest[0]!, 1] : [(rest[0]! & 0x7f) + rest[1]! * 128, 2];
      if (rest[0] === 0x7b) return;
      const body = decode(rest.subarray(size, size + length)) as unknown[];
      if (body[0] !== 6) bodies.push(body);
      rest = rest.subarray(size + length);
    }
  });
  client.send('{"protocol":"messagepack","version":1}');
  await waitFor('the handshake', () => client.frames.length > 0);
  return {
    send(...all: readonly (readonly number[])[]): void {
      client.socket.send(Uint8Array.from(all.flatMap(body => [body.length, ...body])));
    },
    async next(): Promise<unknown[]> {
      await waitFor('a message', () => bodies.length > 0);
      return bodies.shift()!;
    },
  };
}

for (const transport of [HttpTransportType.WebSockets, HttpTransportType.LongPolling]) {
  describe(`MessagePack over ${HttpTransportType[transport]}`, () => {
    after(leakCheck());

    test('values come back as they went: text, numbers, bytes, dates, nests', async t => {
      const { url } = await host(t, hub);
      const connection = await connect(t, url, transport);
      const values: unknown[] = [
        null,
        true,
        'é€😀\u001e\u0000',
        'x'.repeat(20_000),
        0.5,
        -(2 ** 40),
        2 ** 53 - 1,
        Uint8Array.of(0, 1, 255),
        new Uint8Array(20_000).fill(7),
        new Date('2024-02-29T12:34:56.789Z'),
        { list: [1, { deep: [Uint8Array.of(1)] }], none: null, when: new Date(0) },
      ];
      for (const value of values) assert.deepEqual(await connection.invoke('echo', value), value);
      assert.equal(await connection.invoke('kind', Uint8Array.of(1)), '[object Uint8Array]');
      assert.equal(await connection.invoke('kind', new Date()), '[object Date]');
      assert.equal(await connection.invoke('large'), 2 ** 62);
      assert.equal(await connection.invoke('nothing'), null);
    });

    test('errors are those of JSON; what cannot be written is a failed call', async t => {
      const { url } = await host(t, hub);
      const connection = await connect(t, url, transport);
      await assert.rejects(connection.invoke('nope'), { message: "Unknown hub method 'nope'" });
      const error = await connection.invoke('failure').catch((thrown: unknown) => thrown);
      assert.deepEqual(parseHubError(error), { message: 'no such thing', code: 'not-found', data: { id: 7 } });
      await assert.rejects(connection.invoke('cycle'), /unexpected error occurred invoking 'cycle'/);
      assert.equal(await connection.invoke('echo', 1), 1);
    });

    test('streams of bytes in both directions, a canceled one, answers of the client', async t => {
      const { url } = await host(t, hub);
      const connection = await connect(t, url, transport);
      const parts: Uint8Array[] = [];
      await new Promise<void>((resolve, reject) => {
        connection
          .stream<Uint8Array>('parts', 3)
          .subscribe({ next: part => parts.push(part), error: reject, complete: resolve });
      });
      assert.deepEqual(parts, [Uint8Array.of(0, 1), Uint8Array.of(1, 2), Uint8Array.of(2, 3)]);

      const upload = new Subject<Uint8Array>();
      const joined = connection.invoke<Uint8Array>('join', upload);
      for (let n = 0; n < 30; n += 1) upload.next(Uint8Array.of(n));
      upload.complete();
      assert.deepEqual([...(await joined)], [...Array(30).keys()]);

      ended.length = 0;
      let items = 0;
      const subscription = connection.stream('forever').subscribe({
        next: () => {
          items += 1;
          if (items === 10) subscription.dispose();
        },
        error: () => {},
        complete: () => {},
      });
      await waitFor('the generator to end', () => ended.includes('forever'));

      connection.on('question', (value: Uint8Array) => Uint8Array.of(value[0]! + 1));
      assert.deepEqual(await connection.invoke('ask', Uint8Array.of(41)), Uint8Array.of(42));
    });
  });
}

describe('MessagePack', () => {
  after(leakCheck());

  test('one send reaches clients of both protocols, each in its own form', async t => {
    const { url } = await host(t, hub);
    const binary = await connect(t, url, HttpTransportType.WebSockets);
    const text = await connected(t, `${url}/hub`);
    const notes: unknown[] = [];
    binary.on('note', value => notes.push(['binary', value]));
    text.on('note', value => notes.push(['text', value]));
    await text.invoke('tellAll', 'first');
    await binary.invoke('tellAll', { bytes: Uint8Array.of(1, 2, 3) });
    await waitFor('both', () => notes.length === 4);
    const of = (name: string) =>
      notes.filter(note => (note as unknown[])[0] === name).map(note => (note as unknown[])[1]);
    assert.deepEqual(of('binary'), ['first', { bytes: Uint8Array.of(1, 2, 3) }]);
    assert.deepEqual(of('text'), ['first', { bytes: 'AQID' }]);
  });

  test('§4.2 without WebSockets the client takes long polling, because Server-Sent Events carry text only', async t => {
    const { url } = await host(t, hub, { endpoint: { transports: ['ServerSentEvents', 'LongPolling'] } });
    const connection = officialClient(t, `${url}/hub`, {}, builder =>
      builder.withHubProtocol(new MessagePackHubProtocol()),
    );
    await connection.start();
    assert.deepEqual(await connection.invoke('echo', Uint8Array.of(5)), Uint8Array.of(5));
  });

  test('§5 a hub may speak one protocol only', async t => {
    const { url } = await host(t, hub, { endpoint: { supportedProtocols: ['json'] } });
    await assert.rejects(
      connect(t, url, HttpTransportType.WebSockets),
      /The protocol 'messagepack' is not supported\./,
    );
    const client = await connected(t, `${url}/hub`);
    assert.equal(await client.invoke('echo', 1), 1);
  });

  test('the official client reads and writes the golden table as we do', () => {
    const protocol = new MessagePackHubProtocol();
    const logger = { log: () => {} };
    const fromHex = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const types: Record<string, number> = {
      invocation: 1,
      'stream-item': 2,
      completion: 3,
      ping: 6,
      close: 7,
      ack: 8,
      sequence: 9,
    };
    let written = 0;
    for (const { shows, message, messagepack } of goldenMessages) {
      const type = types[message.type];
      // It ignores what only clients send.
      if (type === undefined) continue;
      const wire = fromHex(messagepack);
      const [read] = protocol.parseMessages(new Uint8Array(wire).buffer, logger);
      assert.equal(read?.type, type, shows);
      for (const key of ['target', 'arguments', 'item', 'error', 'sequenceId'] as const) {
        const expected = (message as unknown as Record<string, unknown>)[key];
        if (expected !== undefined)
          assert.deepEqual((read as unknown as Record<string, unknown>)[key], expected, shows);
      }
      // What it writes in the same form: with streams named, and not its Close, which has two items.
      if (message.type === 'close' || (message.type === 'completion' && message.result === null)) continue;
      const plain = { ...message, type, streamIds: (message as { streamIds?: readonly string[] }).streamIds ?? [] };
      const again = protocol.writeMessage(plain as never);
      assert.equal(Buffer.from(again as ArrayBuffer).toString('hex'), wire.toString('hex'), shows);
      written += 1;
    }
    assert.ok(written > 10);
  });

  for (const detailed of [false, true]) {
    const detail = (text: string) => (detailed ? ` InvalidDataException: ${text}` : '');
    const mismatch = detail(
      'Error binding arguments. Make sure that the types of the provided values match the types of the hub method being invoked.',
    );
    test(`§8.2 what cannot be decoded fails its call, its stream, its answer; the connection lives on${detailed ? ', and tells why' : ''}`, async t => {
      const { url, complaints } = await host(t, hub, { endpoint: { enableDetailedErrors: detailed } });
      const client = await speaker(t, `${url}/hub`);
      const failed = (target: string, why: string) =>
        `Failed to invoke '${target}' due to an error on the server.${why}`;
      // An invocation, with and without anybody who waits; one of an unknown method; a stream invocation.
      client.send([0x95, 1, 0x80, ...text('1'), ...text('echo'), 0x91, 0xc1]);
      assert.deepEqual(await client.next(), [3, {}, '1', 1, failed('echo', mismatch)]);
      client.send([0x95, 1, 0x80, 0xc0, ...text('echo'), 0x91, 0xc1]);
      client.send([0x95, 1, 0x80, ...text('2'), ...text('nope'), 0x80]);
      assert.deepEqual(await client.next(), [3, {}, '2', 1, "Unknown hub method 'nope'"]);
      client.send([0x95, 4, 0x80, ...text('3'), ...text('parts'), 0x80]);
      const noArray = detail("Reading array length for 'arguments' failed.");
      assert.deepEqual(await client.next(), [3, {}, '3', 1, failed('parts', noArray)]);
      // With an upload stream, of which nobody hears: its items and its end are ignored.
      client.send([0x96, 1, 0x80, ...text('4'), ...text('join'), 0x91, 0xc1, 0x91, ...text('s')]);
      assert.deepEqual(await client.next(), [3, {}, '4', 1, failed('join', mismatch)]);
      client.send([0x94, 2, 0x80, ...text('s'), 1], [0x94, 3, 0x80, ...text('s'), 2]);
      // An item of an upload stream: what the method reads is a HubError.
      client.send([0x96, 1, 0x80, ...text('5'), ...text('join'), 0x90, 0x91, ...text('u')]);
      client.send([0x94, 2, 0x80, ...text('u'), 0xc4, 1, 7], [0x94, 2, 0x80, ...text('u'), 0xc1]);
      assert.deepEqual(await client.next(), [
        3,
        {},
        '5',
        1,
        "An unexpected error occurred invoking 'join' on the server. HubException: Failed to bind Stream message.",
      ]);
      // The answer to a question.
      client.send([0x95, 1, 0x80, ...text('6'), ...text('ask'), 0x91, 1]);
      const [, , question] = await client.next();
      client.send([0x95, 3, 0x80, ...text(String(question)), 3, 0xc1]);
      assert.deepEqual(await client.next(), [
        3,
        {},
        '6',
        1,
        "An unexpected error occurred invoking 'ask' on the server. HubException: Error trying to deserialize result.",
      ]);
      client.send([0x95, 1, 0x80, ...text('7'), ...text('echo'), 0x91, 42]);
      assert.deepEqual(await client.next(), [3, {}, '7', 3, 42]);
      assert.deepEqual(complaints, []);
    });
  }

  const close = '\u0093\u0007';
  for (const [what, bytes] of [
    [
      'a nest that declares gigabytes',
      [0x0b, 0x91, ...[0xdd, 0x7f, 0xff, 0xff, 0xff], ...[0xdd, 0x7f, 0xff, 0xff, 0xff]],
    ],
    ['a length of 2 GB', [0xff, 0xff, 0xff, 0xff, 0x07]],
    ['a length over the limit of an integer', [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a target that is no text, as signalrcore sends', [0x07, 0x96, 0x01, 0x80, 0xc0, 0x05, 0x90, 0x90]],
    [
      'headers with a __proto__ key',
      [0x11, 0x94, 2, 0x81, 0xa9, ...Buffer.from('__proto__'), 0xa1, 0x61, 0xa1, 0x37, 1],
    ],
  ] as const) {
    test(`${what} ends the connection with a Close message; others notice nothing`, async t => {
      const { url, hubs } = await host(t, hub);
      const other = await connect(t, url, HttpTransportType.WebSockets);
      const client = await bareClient(t, `${url}/hub`);
      const frames: Buffer[] = [];
      client.socket.on('message', data => frames.push(data as Buffer));
      client.send('{"protocol":"messagepack","version":1}');
      await waitFor('the handshake', () => frames.length === 1);
      client.socket.send(Uint8Array.from(bytes));
      assert.equal((await client.closed).code, 1000);
      assert.equal(frames[1]!.subarray(1, 3).toString('latin1'), close);
      assert.match(frames[1]!.toString('latin1'), /Connection closed with an error\.\u00c3$/);
      assert.equal(await other.invoke('echo', 'still here'), 'still here');
      await waitFor('the end', () => hubs.connectionCount === 1);
    });
  }

  test('§4.1 after a handshake for MessagePack every frame of ours is binary, the answer to it too', async t => {
    const { url } = await host(t, hub);
    const client = await bareClient(t, `${url}/hub`);
    assert.ok(client instanceof BareClient);
    const kinds: boolean[] = [];
    client.socket.on('message', (_data, isBinary) => kinds.push(isBinary));
    client.send('{"protocol":"messagepack","version":1}');
    client.socket.send(Uint8Array.of(1, 6));
    await client.closed;
    assert.ok(kinds.length >= 2);
    assert.ok(kinds.every(Boolean));
  });
});
