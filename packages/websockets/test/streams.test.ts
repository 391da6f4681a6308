// A connection as Web Streams and as a Node stream: content, pace, and how the ends map onto each other.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { after, describe, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { connectWebSocket, toNodeStream, toWebStreams, type WebSocketConnection } from '@longhaul/websockets';
import { type Handler, serve } from './echo-server.ts';

after(leakCheck());

/** A server whose connections are given to the test. */
async function serving() {
  const accepted = Promise.withResolvers<WebSocketConnection>();
  const hold: Handler = async socket => {
    accepted.resolve(socket);
    await socket.closed;
  };
  const server = await serve({}, hold);
  return {
    url: server.url,
    peer: accepted.promise,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Sends until a send waits; gives how many were taken. */
async function fill(send: (bytes: Uint8Array) => Promise<unknown>): Promise<number> {
  let taken = 0;
  for (; taken < 500; taken++) {
    let isDone = false;
    void send(Buffer.alloc(100_000, taken)).then(
      () => {
        isDone = true;
      },
      () => {},
    );
    for (let turn = 0; turn < 200 && !isDone; turn++) await new Promise(setImmediate);
    if (!isDone) break;
  }
  return taken;
}

describe('Web Streams', () => {
  test('carry text as strings and bytes as bytes, and end with the connection', async () => {
    await using server = await serve();
    const { readable, writable, closed } = toWebStreams(await connectWebSocket(server.url));
    const writer = writable.getWriter();
    const reader = readable.getReader();
    for (const chunk of ['text', Buffer.of(1, 2, 3), '']) {
      await writer.write(chunk);
      assert.deepEqual((await reader.read()).value, chunk);
    }
    await writer.close();
    assert.deepEqual(await reader.read(), { done: true, value: undefined });
    assert.deepEqual(await closed, { code: 1_000, reason: '', clean: true });
  });

  test('read nothing that was not asked for, and write at the pace of the peer', async () => {
    await using server = await serving();
    const client = await connectWebSocket(server.url, { receiveAheadBytes: 1_000 });
    const peer = await server.peer;
    const streams = toWebStreams(client);
    const taken = await fill(bytes => peer.send(bytes));
    assert.ok(taken < 500, 'the peer had to wait for a reader that reads nothing');
    const reader = streams.readable.getReader();
    for (let i = 0; i <= taken; i++) assert.deepEqual((await reader.read()).value, Buffer.alloc(100_000, i));

    const writer = streams.writable.getWriter();
    const written = await fill(bytes => writer.write(bytes));
    assert.ok(written < 500, 'the writer had to wait for a peer that reads nothing');
    client.abort();
    await assert.rejects(reader.read(), { code: 'connection-aborted' });
    await assert.rejects(writer.closed);
  });

  test('cancelled or aborted they close with the code they were given', async () => {
    for (const [how, why, code, reason] of [
      ['cancel', undefined, 1_000, ''],
      ['cancel', { closeCode: 4_000, reason: 'enough' }, 4_000, 'enough'],
      ['cancel', { closeCode: 1_006, reason: 'x'.repeat(200) }, 1_000, ''],
      ['abort', new Error('broken'), 1_011, ''],
      ['abort', { closeCode: 4_001 }, 4_001, ''],
    ] as const) {
      await using server = await serving();
      const { readable, writable } = toWebStreams(await connectWebSocket(server.url));
      const peer = await server.peer;
      if (how === 'cancel') await readable.cancel(why);
      else await writable.abort(why);
      assert.deepEqual(await peer.closed, { code, reason, clean: true });
    }
  });

  test("the peer's close ends the readable and fails a late write; a lost connection fails both", async () => {
    await using server = await serving();
    const { readable, writable } = toWebStreams(await connectWebSocket(server.url));
    await (await server.peer).close(4_002, 'bye');
    assert.equal((await readable.getReader().read()).done, true);
    await assert.rejects(writable.getWriter().write('late'), { code: 'connection-closed', message: /4002: "bye"/ });

    await using other = await serving();
    const lost = toWebStreams(await connectWebSocket(other.url));
    (await other.peer).abort();
    await assert.rejects(lost.readable.getReader().read(), { code: 'connection-lost' });
    await assert.rejects(lost.writable.getWriter().closed, { code: 'connection-closed' });
  });
});

describe('a Node stream', () => {
  test('is a stream of bytes both ways', async () => {
    const content = Buffer.from(Array.from({ length: 500_000 }, (_, i) => i % 251));
    const received: Buffer[] = [];
    await using server = await serve({}, async socket => {
      for await (const chunk of toNodeStream(socket)) received.push(chunk as Buffer);
    });
    const client = toNodeStream(await connectWebSocket(server.url));
    await pipeline(Readable.from([content.subarray(0, 300_000), content.subarray(300_000)]), client, new Writable());
    assert.ok(Buffer.concat(received).equals(content));
  });

  test('in object mode keeps messages apart, also empty ones', async () => {
    await using server = await serve();
    const stream = toNodeStream(await connectWebSocket(server.url), { objectMode: true });
    const received: unknown[] = [];
    stream.on('data', message => received.push(message));
    const sent = ['a', '', Buffer.of(1), Buffer.alloc(0)];
    for (const message of sent) stream.write(message);
    await waitFor('all messages to be back', () => received.length === sent.length);
    assert.deepEqual(received, sent);
    stream.end();
    await once(stream, 'close');
  });

  test('sends text when told to, and gives text as its bytes', async () => {
    await using server = await serve({}, async socket => {
      const message = await socket.receive();
      await socket.send(`${message?.type}: ${message?.data}`);
    });
    const stream = toNodeStream(await connectWebSocket(server.url), { type: 'text' });
    stream.write('é');
    assert.equal(await text(stream), 'text: é');
  });

  test('reads nothing ahead of its reader, and writes at the pace of the peer', async () => {
    await using server = await serving();
    const client = await connectWebSocket(server.url, { receiveAheadBytes: 1_000 });
    const peer = await server.peer;
    const stream = toNodeStream(client);
    const taken = await fill(bytes => peer.send(bytes));
    assert.ok(taken < 500);
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await waitFor('everything to be read', () => bytes === (taken + 1) * 100_000);
    const written = await fill(chunk => new Promise(resolve => stream.write(chunk, resolve)));
    assert.ok(written < 500);
    assert.equal(stream.write('more'), false);
    const closed = once(stream, 'close');
    stream.on('error', () => {});
    stream.destroy();
    await closed;
    assert.equal((await client.closed).clean, false);
  });

  test("ends with the peer's close; a lost connection destroys it with the error, also when nobody reads", async () => {
    await using server = await serving();
    const stream = toNodeStream(await connectWebSocket(server.url)).resume();
    const closed = once(stream, 'close');
    await (await server.peer).close(4_000);
    await closed;
    assert.equal(stream.readableEnded && stream.writableFinished, true);

    await using other = await serving();
    const lost = toNodeStream(await connectWebSocket(other.url));
    const error = once(lost, 'error');
    (await other.peer).abort();
    assert.equal((await error)[0].code, 'connection-lost');
  });

  test('destroyed with an error closes with 1011', async () => {
    await using server = await serving();
    const stream = toNodeStream(await connectWebSocket(server.url));
    const error = once(stream, 'error');
    stream.destroy(new Error('mine'));
    assert.equal((await error)[0].message, 'mine');
    assert.equal((await (await server.peer).closed).code, 1_011);
  });
});
