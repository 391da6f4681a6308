// permessage-deflate over real sockets, against `ws` at the other end and against ourselves: cases 12 and 13 in kind (all
// content, all shapes, all offers), order, context, limits while inflating, and what happens to the memory of zlib.
import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { leakCheck, seededRandom, waitFor } from '@longhaul/testing';
import {
  broadcast,
  type CompressionOptions,
  connectWebSocket,
  encodeMessage,
  type WebSocketConnection,
} from '@longhaul/websockets';
import { WebSocket, WebSocketServer } from 'ws';
import { echo, serve } from './echo-server.ts';
import { closeFrame, closeSeen, frame, RawClient, seen, textSeen } from './raw-client.ts';

const checkLeaks = leakCheck();
after(() => checkLeaks());

const random = seededRandom(12_13);
const json = JSON.stringify(
  Array.from({ length: 3_000 }, (_, i) => ({ id: i, name: `user ${i * 7919}`, tags: ['a', 'b'] })),
);
const prose = 'Wer immer strebend sich bemüht, den können wir erlösen. '.repeat(2_500);
const noise = random.bytes(131_072);
/** The kinds of content of 12.1-12.5: JSON and HTML as text, prose and pictures as binary, and what hardly shrinks. */
const contents: [row: string, cut: (from: number, length: number) => string | Buffer][] = [
  ['12.1 JSON as text', (from, length) => json.slice(from % 4_000, (from % 4_000) + length)],
  ['12.2 a bitmap', (from, length) => Buffer.alloc(length, Buffer.of(from, 0, 0, 255))],
  ['12.3 prose as binary', (from, length) => Buffer.from(prose).subarray(from % 999, (from % 999) + length)],
  ['12.4 HTML as text', (from, length) => `<p class="x${from}">${prose}`.slice(0, length)],
  ['12.5 noise', (from, length) => noise.subarray(0, Math.max(0, length - from)).subarray(0, length)],
];
const sizes = [0, 16, 64, 256, 1_024, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072];

const offers: [row: string, ours: CompressionOptions, theirs: object][] = [
  ['13.1', {}, {}],
  ['13.2', {}, { serverNoContextTakeover: true }],
  ['13.3', {}, { serverMaxWindowBits: 9 }],
  ['13.4', {}, { serverMaxWindowBits: 15 }],
  ['13.5', {}, { serverNoContextTakeover: true, serverMaxWindowBits: 9 }],
  ['no client context', {}, { clientNoContextTakeover: true }],
  ['small windows by our wish', { serverMaxWindowBits: 9, clientMaxWindowBits: 9 }, {}],
  ['no context by our wish', { serverContextTakeover: false, clientContextTakeover: false }, {}],
  ['everything compressed', { thresholdBytes: 0, level: 9 }, { threshold: 0 }],
];

const limits = { maxMessageBytes: 16 * 1024 * 1024, maxFragments: 65_537 };

describe('our server and the client of ws', { concurrency: 4 }, () => {
  for (const [row, compression, theirs] of offers) {
    test(`${row}: every content and size comes back unchanged`, async () => {
      await using server = await serve({ ...limits, compression });
      const client = new WebSocket(server.url, { perMessageDeflate: { threshold: 0, ...theirs } });
      await once(client, 'open');
      assert.match(client.extensions, /permessage-deflate/);
      const answers = messagesOf(client);
      for (const [name, cut] of contents) {
        for (const size of sizes) {
          const sent = cut(size * 3, size);
          client.send(sent);
          assert.deepEqual((await answers.next()).value, sent, `${name} ${size}`);
        }
      }
      client.close();
      await once(client, 'close');
    });
  }

  test('all of it at once comes back in order, with text and uncompressed messages between', async () => {
    await using server = await serve({ ...limits, compression: {} }, async socket => {
      let count = 0;
      for await (const message of socket) void socket.send(message.data, { compress: count++ % 3 > 0 });
    });
    const client = new WebSocket(server.url, { perMessageDeflate: { threshold: 0 } });
    await once(client, 'open');
    const answers = messagesOf(client);
    const sent = sizes.flatMap(size => contents.map(([, cut]) => cut(size, size)));
    for (const [i, data] of sent.entries()) client.send(data, { compress: i % 4 > 0 });
    for (const data of sent) assert.deepEqual((await answers.next()).value, data);
    client.close();
    await once(client, 'close');
  });

  test('fragments of a compressed message are taken, 8 KiB to 128 KiB in 256-byte frames (12.x)', async () => {
    await using server = await serve({ ...limits, compression: {} });
    const text = json.slice(0, 131_072);
    for (const [length, part] of [
      [8_192, 256],
      [131_072, 256],
      [131_072, 1_024],
      [131_072, 32_768],
    ] as const) {
      using client = await openDeflated(server.port);
      const sent = text.slice(0, length);
      const deflated = deflate(sent);
      await client.send(...fragments(deflated, part));
      await waitFor('an echo', () => client.frames.length === 1);
      await client.send(closeFrame(1000));
      await client.ended();
      assert.equal(inflatedText(client.frames[0]!), sent);
    }
  });
});

describe('our client and the server of ws', () => {
  for (const [row, compression, theirs] of offers) {
    test(`${row}: messages of every size come back`, async () => {
      const server = new WebSocketServer({
        port: 0,
        host: '127.0.0.1',
        perMessageDeflate: { threshold: 0, ...theirs },
      });
      server.on('connection', peer => peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary })));
      await once(server, 'listening');
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const client = await connectWebSocket(url, { ...limits, compression });
      for (const [, cut] of contents) {
        for (const size of sizes) {
          const sent = cut(size, size);
          void client.send(sent);
          assert.deepEqual((await client.receive())?.data, sent);
        }
      }
      await client.close();
      await new Promise(resolve => server.close(resolve));
    });
  }
});

describe('what goes out', () => {
  const small = 'the same again and again, the same again and again, the same again and again';

  test('nothing is compressed unless both ends agree', async () => {
    await using server = await serve();
    using client = await openDeflated(server.port);
    assert.doesNotMatch(client.head, /permessage-deflate/i);
  });

  test('a context that is kept makes repeated messages tiny; one that is not does not', async () => {
    for (const serverContextTakeover of [true, false]) {
      await using server = await serve({ compression: { serverContextTakeover } });
      using client = await openDeflated(server.port);
      for (let i = 1; i <= 3; i++) {
        await client.send(frame(1, small));
        await client.received(i);
      }
      const lengths = client.frames.map(text => text.split(':')[1]!.length / 2);
      assert.ok(lengths[0]! < small.length);
      assert.equal(lengths[2]! < lengths[0]! / 2, serverContextTakeover, String(lengths));
    }
  });

  test('compress: false, a message under the threshold and one that does not shrink go out as they are', async () => {
    const secret = 'secret '.repeat(30);
    const incompressible = noise.subarray(0, 300);
    await using server = await serve({ compression: { thresholdBytes: 100 } }, async socket => {
      await socket.send(secret, { compress: false });
      await socket.send('x'.repeat(99));
      await socket.send(incompressible);
      await socket.send('y'.repeat(100));
      await socket.closed;
    });
    using client = await openDeflated(server.port);
    await client.received(4);
    assert.deepEqual(client.frames.slice(0, 3), [textSeen(secret), textSeen('x'.repeat(99)), seen(2, incompressible)]);
    assert.equal(inflatedText(client.frames[3]!), 'y'.repeat(100));
  });

  test('a message in parts is compressed as one, RSV1 on its first frame only, also with empty first and last parts', async () => {
    const parts = ['', json.slice(0, 5_000), '', json.slice(5_000, 90_000), 'end', ''];
    await using server = await serve({ compression: true }, async socket => {
      for (const [i, part] of parts.entries()) {
        void socket.send(part, { endOfMessage: i === parts.length - 1 });
        void socket.ping(`${i}`);
      }
      await socket.closed;
    });
    const client = new WebSocket(server.url, { perMessageDeflate: true, maxPayload: 0 });
    const answers = messagesOf(client);
    assert.equal((await answers.next()).value, parts.join(''));
    client.close();
    await once(client, 'close');
  });

  test('nothing overtakes a large message in its thread: what follows, and the answer to a Close frame, come after it', async () => {
    await using server = await serve({ ...limits, compression: true }, async socket => {
      for await (const message of socket) void socket.send(message.data);
    });
    using client = await openDeflated(server.port);
    const large = json.slice(0, 100_000);
    await client.send(Buffer.concat([frame(1, large), frame(1, 'behind it'), closeFrame(3_000)]));
    await client.ended();
    assert.equal(client.frames.length, 3);
    assert.equal(inflatedText(client.frames[0]!), large);
    assert.deepEqual(client.frames.slice(1), [textSeen('behind it'), closeSeen(3_000)]);
  });

  test('close() waits for what was sent before it and takes nothing more', async () => {
    const large = json.slice(0, 100_000);
    const late: unknown[] = [];
    await using server = await serve({ compression: true }, async socket => {
      const sending = socket.send(large);
      assert.equal(socket.bufferedBytes, large.length);
      const closing = socket.close(4_000, 'done');
      assert.equal(socket.isOpen, false);
      late.push(await socket.send('late').catch(error => error.code));
      late.push(await sending);
      await closing;
    });
    using client = await openDeflated(server.port);
    await client.received(2);
    assert.equal(inflatedText(client.frames[0]!), large);
    assert.match(client.frames[1]!, /^8:0fa0/);
    await client.send(closeFrame(4_000));
    await client.ended();
    assert.deepEqual(late, ['connection-closed', 'sent']);
  });

  test('a send that waits for its thread is rejected when the connection is lost', async () => {
    const outcomes: Promise<unknown>[] = [];
    await using server = await serve({ compression: true }, async socket => {
      for (let i = 0; i < 3; i++) outcomes.push(socket.send(json).catch(error => error.code));
      socket.abort();
      await socket.closed;
    });
    using client = await openDeflated(server.port);
    await client.ended();
    assert.deepEqual(await Promise.all(outcomes), Array(3).fill('connection-aborted'));
  });

  test('a broadcast is deflated once and shared by all, with and without context, and contexts stay right', async () => {
    const sockets: WebSocketConnection[] = [];
    await using server = await serve({ compression: true }, async socket => {
      sockets.push(socket);
      await echo(socket, undefined as never);
    });
    const clients = [
      { perMessageDeflate: true },
      { perMessageDeflate: { serverNoContextTakeover: true } },
      { perMessageDeflate: { serverMaxWindowBits: 9 } },
      { perMessageDeflate: false },
    ].map(options => new WebSocket(server.url, options));
    const answers = clients.map(messagesOf);
    await waitFor('all connections', () => sockets.length === clients.length);
    const message = encodeMessage(small.repeat(5));
    for (const round of [1, 2]) {
      assert.equal(broadcast(sockets, message), clients.length);
      for (const [i, client] of clients.entries()) {
        assert.equal((await answers[i]!.next()).value, small.repeat(5));
        client.send(`${small} ${round}`);
        assert.equal((await answers[i]!.next()).value, `${small} ${round}`);
      }
    }
    broadcast(sockets, small, { compress: false });
    for (const each of answers) assert.equal((await each.next()).value, small);
    for (const client of clients) client.close();
    await Promise.all(clients.map(client => once(client, 'close')));
  });
});

describe('what comes in', { concurrency: 4 }, () => {
  const sends = async (pieces: readonly Buffer[], expected: readonly string[], options = {}) => {
    await using server = await serve({ compression: true, ...options });
    using client = await openDeflated(server.port);
    await client.send(...pieces);
    await client.ended();
    assert.deepEqual(client.frames, expected);
  };
  const rsv1 = (bytes: Buffer) => {
    bytes[0] = bytes[0]! | 0x40;
    return bytes;
  };

  test('RSV1 on a continuation or a control frame fails with 1002', async () => {
    await sends([frame(1, 'a', false), rsv1(frame(0, 'b'))], [closeSeen(1002)]);
    await sends([rsv1(frame(1, deflate('a'), false)), rsv1(frame(0, ''))], [closeSeen(1002)]);
    for (const opcode of [8, 9, 10]) await sends([rsv1(frame(opcode))], [closeSeen(1002)]);
  });
  test('RSV2 and RSV3 fail with 1002 also then', async () => {
    for (const bit of [0x20, 0x10]) {
      const bad = rsv1(frame(1, deflate('a')));
      bad[0] = bad[0]! | bit;
      await sends([bad], [closeSeen(1002)]);
    }
  });
  test('data that cannot be inflated fails with 1007, small, large and in fragments', async () => {
    await sends([rsv1(frame(2, Buffer.of(0xff, 0xff)))], [closeSeen(1007)]);
    const large = Buffer.concat([deflate(noise.subarray(0, 20_000)).subarray(0, 19_000), Buffer.alloc(5_000, 0xff)]);
    await sends([rsv1(frame(2, large))], [closeSeen(1007)]);
    await sends(fragments(large, 3_000), [closeSeen(1007)]);
  });
  test('data behind a final block fails with 1007; the padding byte does not (RFC 7692 §7.2.3.4)', async () => {
    const final = deflateRawSync('Hello');
    await sends([rsv1(frame(1, Buffer.concat([final, Buffer.from('more')])))], [closeSeen(1007)]);
    for (const payload of [final, Buffer.concat([final, Buffer.of(0)])]) {
      await sends([rsv1(frame(1, payload)), closeFrame(1000)], [textSeen('Hello'), closeSeen(1000)]);
    }
  });
  test('the examples of RFC 7692 §7.2.3 are read', async () => {
    const hello = Buffer.from('f248cdc9c90700', 'hex');
    const shared = Buffer.from('f200110000', 'hex');
    const stored = Buffer.from('000500faff48656c6c6f00', 'hex');
    const two = Buffer.from('f24805000000ffffcac9c90700', 'hex');
    const frames = [hello, shared, stored, two].map(payload => rsv1(frame(1, payload)));
    await sends([...frames, closeFrame(1000)], [...Array(4).fill(textSeen('Hello')), closeSeen(1000)]);
  });
  test('bad UTF-8 inside compressed text fails with 1007', async () => {
    await sends([rsv1(frame(1, deflate(Buffer.from('eda080', 'hex'))))], [closeSeen(1007)]);
    await sends([rsv1(frame(1, deflate(Buffer.from('c3', 'hex'))))], [closeSeen(1007)]);
    const late = Buffer.concat([Buffer.from(prose.slice(0, 90_000)), Buffer.of(0xff), Buffer.from(prose)]);
    await sends([rsv1(frame(1, deflate(late)))], [closeSeen(1007)]);
  });
  test('a bomb is stopped while it is inflated: 1009, and memory stays flat (CVE-2026-1526)', async () => {
    const bomb = rsv1(frame(2, deflate(Buffer.alloc(200_000_000))));
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 1);
    await sends([bomb], [closeSeen(1009)]);
    clearInterval(watch);
    assert.ok(most - before < 100_000_000, `${most - before} bytes more`);
  });
  test('limits count what comes out, and fragments that go in', async () => {
    await sends([rsv1(frame(1, deflate('x'.repeat(1_001))))], [closeSeen(1009)], { maxMessageBytes: 1_000 });
    await sends(fragments(deflate(json.slice(0, 50_000)), 100), [closeSeen(1008)], { maxFragments: 20 });
    const empty = [rsv1(frame(1, '', false)), ...Array.from({ length: 600 }, () => frame(0, '', false))];
    await sends([Buffer.concat(empty)], [closeSeen(1008)], { maxFragments: 500 });
  });
  test('a ping between compressed fragments is answered before their message', async () => {
    const [first, ...others] = fragments(deflate(json.slice(0, 3_000)), 100);
    await using server = await serve({ compression: { thresholdBytes: 1e9 } });
    using client = await openDeflated(server.port);
    await client.send(first!, frame(9, 'now'));
    await client.received(1);
    await client.send(...others, closeFrame(1000));
    await client.ended();
    assert.deepEqual(client.frames, [seen(10, 'now'), textSeen(json.slice(0, 3_000)), closeSeen(1000)]);
  });
  test('what a peer sent before it ended TCP is still inflated and received', async () => {
    const received: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    await using server = await serve({ ...limits, compression: true }, async socket => {
      try {
        for await (const message of socket) received.push(message.data.length);
      } finally {
        resolve();
      }
    });
    using client = await openDeflated(server.port);
    for (let i = 0; i < 20; i++) client.socket.write(rsv1(frame(2, deflate(Buffer.alloc(300_000, i)))));
    client.socket.end();
    await promise;
    assert.deepEqual(received, Array(20).fill(300_000));
  });
});

test('contexts are freed on close: two hundred connections leave no handle of zlib behind', async () => {
  await using server = await serve({ compression: true });
  const large = json.slice(0, 60_000);
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => connectWebSocket(server.url, { compression: true })),
    );
    for (const client of clients) void client.send(large);
    await Promise.all(clients.map(async (client, i) => (i % 2 === 0 ? client.abort() : client.receive())));
    await Promise.all(clients.map(client => client.close()));
  }
  await waitFor('zlib to let go', () => !process.getActiveResourcesInfo().some(name => /zlib/i.test(name)));
});

const openDeflated = (port: number) =>
  RawClient.open(port, ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits']);

/** Messages of a `ws` client in order, from this call on; text as string. */
function messagesOf(client: WebSocket): { next(): Promise<{ value: string | Buffer }> } {
  const events = on(client, 'message');
  return {
    async next() {
      const [data, isBinary] = (await events.next()).value as [Buffer, boolean];
      return { value: isBinary ? data : data.toString() };
    },
  };
}

/** The text in a frame that a `RawClient` saw with RSV1. */
function inflatedText(seenFrame: string): string {
  assert.match(seenFrame, /^1z:/);
  return inflateRawSync(Buffer.from(seenFrame.slice(3), 'hex'), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}

function deflate(data: string | Buffer): Buffer {
  const deflated = deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
  return deflated.length === 0 ? Buffer.of(0) : deflated.subarray(0, -4);
}

function fragments(deflated: Buffer, size: number): Buffer[] {
  const count = Math.ceil(deflated.length / size);
  return Array.from({ length: count }, (_, i) => {
    const bytes = frame(i === 0 ? 1 : 0, deflated.subarray(i * size, (i + 1) * size), i === count - 1);
    if (i === 0) bytes[0] = bytes[0]! | 0x40;
    return bytes;
  });
}
