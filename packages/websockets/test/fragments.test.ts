// Messages as streams: pieces as they arrive on every transport, whatever their size, plain and compressed; and in parts out.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { connectWebSocket, type MessageFragment, type WebSocketConnection } from '@longhaul/websockets';
import { serve } from './echo-server.ts';
import { closeFrame, closeSeen, frame, RawClient, textSeen } from './raw-client.ts';
import { openRaw, serveOn, transports } from './transports.ts';

after(leakCheck());

async function collect(socket: WebSocketConnection): Promise<MessageFragment[]> {
  const fragments: MessageFragment[] = [];
  for await (const fragment of socket.fragments()) fragments.push(fragment);
  return fragments;
}

/** Echoes part by part, so that neither side holds a message. */
async function echoFragments(socket: WebSocketConnection): Promise<void> {
  for await (const { type, data, endOfMessage } of socket.fragments()) await socket.send(data, { type, endOfMessage });
}

for (const transport of transports) {
  for (const compression of [false, true]) {
    describe(`fragments on ${transport.name}${compression ? ' with deflate' : ''}`, () => {
      test('a message of 24 MiB passes through a server whose limit is 1 KiB, and memory stays small', async () => {
        await using server = await serveOn(transport, { maxMessageBytes: 1_024, compression }, echoFragments);
        const client = await connectWebSocket(server.url, { ...transport.clientOptions(), compression });
        const part = Buffer.from('0123456789abcdef'.repeat(65_536 / 16));
        const sending = (async () => {
          for (let i = 0; i < 384; i++) await client.send(part, { endOfMessage: false });
          await client.send('', { type: 'binary' });
        })();
        let received = 0;
        for await (const { data, endOfMessage } of client.fragments()) {
          const bytes = data as Buffer;
          for (let at = 0; at < bytes.length; at += 1_000) {
            assert.equal(bytes[at], part[(received + at) % part.length]);
          }
          received += bytes.length;
          assert.ok(bytes.length <= 70_000, `a fragment of ${bytes.length} bytes`);
          if (endOfMessage) break;
        }
        await sending;
        assert.equal(received, 384 * part.length);
        await client.close();
      });

      test('text is cut between characters, however it arrives', async () => {
        const text = 'aé漢😀'.repeat(9_000);
        await using server = await serveOn(transport, { compression }, echoFragments);
        const client = await connectWebSocket(server.url, { ...transport.clientOptions(), compression });
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += 777) {
          void client.send(bytes.subarray(at, at + 777), { type: 'text', endOfMessage: at + 777 >= bytes.length });
        }
        let received = '';
        for await (const { data, endOfMessage } of client.fragments()) {
          assert.ok((data as string).isWellFormed());
          assert.ok(!(data as string).includes('\ufffd'));
          received += data as string;
          if (endOfMessage) break;
        }
        assert.equal(received, text);
        await client.close();
      });
    });
  }
}

describe('fragments()', () => {
  test('gives the beginning of a message before its end is there', async () => {
    const seen: MessageFragment[] = [];
    await using server = await serve({}, async socket => {
      for await (const fragment of socket.fragments()) seen.push(fragment);
    });
    using client = await RawClient.open(server.port);
    const whole = frame(1, 'begin and end');
    await client.send(whole.subarray(0, 11));
    await waitFor('the beginning', () => seen.length === 1);
    assert.deepEqual(seen, [{ type: 'text', data: 'begin', endOfMessage: false }]);
    await client.send(whole.subarray(11), closeFrame(1000));
    await client.ended();
    assert.deepEqual(seen.slice(1), [{ type: 'text', data: ' and end', endOfMessage: true }]);
  });

  test('gives a message that arrived whole as one piece, and an empty last part as such', async () => {
    let fragments: MessageFragment[] = [];
    await using server = await serve({}, async socket => {
      fragments = await collect(socket);
    });
    using client = await RawClient.open(server.port);
    await client.send(
      Buffer.concat([
        frame(2, 'whole'),
        frame(1, '', false),
        frame(0, 'x', false),
        frame(0, '', false),
        frame(0, ''),
        frame(1, ''),
        closeFrame(1000),
      ]),
    );
    await client.ended();
    assert.deepEqual(fragments, [
      { type: 'binary', data: Buffer.from('whole'), endOfMessage: true },
      { type: 'text', data: 'x', endOfMessage: false },
      { type: 'text', data: '', endOfMessage: true },
      { type: 'text', data: '', endOfMessage: true },
    ]);
  });

  test('goes on inside a message after its loop was left; receive() skips to the next message', async () => {
    const seen: unknown[] = [];
    await using server = await serve({}, async socket => {
      for (let round = 0; round < 2; round++) {
        for await (const { data } of socket.fragments()) {
          seen.push(data);
          break;
        }
      }
      seen.push((await socket.receive())?.data, (await socket.receive())?.data);
      seen.push(await socket.receive());
    });
    using client = await RawClient.open(server.port);
    const message = (text: string) => [frame(1, `${text}1`, false), frame(0, `${text}2`, false), frame(0, `${text}3`)];
    await client.send(...message('a'), ...message('b'), ...message('c'), closeFrame(1000));
    await client.ended();
    assert.deepEqual(seen, ['a1', 'a2', 'b1b2b3', 'c1c2c3', undefined]);
  });

  test('takes over a message of which tryReceive() has put a part together', async () => {
    let fragments: MessageFragment[] = [];
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    await using server = await serve({}, async socket => {
      await begun;
      assert.equal(socket.tryReceive(), undefined);
      fragments = await collect(socket);
    });
    using client = await RawClient.open(server.port);
    await client.send(frame(1, 'one ', false), frame(0, 'two ', false), frame(9, 'seen'));
    await client.received(1);
    begin();
    await client.send(frame(0, 'three'), closeFrame(1000));
    await client.ended();
    assert.equal(fragments.map(({ data }) => data).join(''), 'one two three');
    assert.deepEqual(
      fragments.map(({ endOfMessage }) => endOfMessage),
      [...Array(fragments.length - 1).fill(false), true],
    );
  });

  test('a message over the limit can still be streamed: it fails only where it is wanted whole', async () => {
    const asked = Promise.withResolvers<void>();
    let received = 0;
    await using server = await serve({ maxMessageBytes: 1_000 }, async socket => {
      await asked.promise;
      for await (const { data, endOfMessage } of socket.fragments()) {
        received += data.length;
        if (endOfMessage) break;
      }
      await socket.receive();
    });
    using client = await RawClient.open(server.port);
    await client.send(frame(2, Buffer.alloc(200_000)));
    asked.resolve();
    await waitFor('the whole message', () => received === 200_000);
    await client.send(frame(2, Buffer.alloc(1_001)));
    await client.ended();
    assert.deepEqual(client.frames, [closeSeen(1009)]);
  });

  test('bad UTF-8 ends the loop with its code, and what came before was given out', async () => {
    const seen: unknown[] = [];
    await using server = await serve({ onHandlerError: () => {} }, async socket => {
      try {
        for await (const { data } of socket.fragments()) seen.push(data);
      } catch (error) {
        seen.push((error as { code: string }).code);
      }
    });
    using client = await RawClient.open(server.port);
    await client.send(frame(1, 'good', false), frame(0, Buffer.of(0xff), false));
    await client.ended();
    assert.deepEqual(seen, ['good', 'invalid-utf8']);
    assert.deepEqual(client.frames, [closeSeen(1007)]);
  });

  test('a slow loop slows the peer down: no more than a little is read ahead', async () => {
    const gate = Promise.withResolvers<void>();
    let received = 0;
    await using server = await serve({}, async socket => {
      for await (const { data, endOfMessage } of socket.fragments()) {
        received += data.length;
        await gate.promise;
        if (endOfMessage) return;
      }
    });
    const client = await connectWebSocket(server.url);
    let sent = 0;
    const sending = (async () => {
      for (let i = 0; i < 400; i++) {
        await client.send(Buffer.alloc(65_536), { endOfMessage: i === 399 });
        sent += 65_536;
      }
    })();
    let before = -1;
    await waitFor('sending to stall', async () => {
      const isStalled = before === sent;
      before = sent;
      for (let turn = 0; turn < 30; turn++) await new Promise(setImmediate);
      return isStalled;
    });
    assert.ok(sent < 400 * 65_536);
    assert.ok(received <= 65_536);
    gate.resolve();
    await sending;
    await client.closed;
    assert.equal(received, 400 * 65_536);
  });

  test('one call at a time, together with receive()', async () => {
    await using server = await serve();
    const client = await connectWebSocket(server.url);
    const waiting = client.receive();
    await assert.rejects(client.fragments().next(), { code: 'receive-pending' });
    await client.send('x');
    assert.equal((await waiting)?.data, 'x');
    await client.close();
  });
});

test('a message sent in parts, also empty ones, arrives as one on every transport', async () => {
  for (const transport of transports) {
    await using server = await serveOn(transport);
    using client = await openRaw(transport, server);
    await client.send(
      frame(1, '', false),
      frame(0, 'a', false),
      frame(0, '', false),
      frame(0, 'b', false),
      frame(0, ''),
    );
    await client.received(1);
    assert.deepEqual(client.frames, [textSeen('ab')]);
  }
});
