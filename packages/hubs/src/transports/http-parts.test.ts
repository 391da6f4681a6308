import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import type { AnyRequest } from '@longhaul/websockets';
import { WireMessage } from '../protocol/outgoing-message.ts';
import { ByteInbox } from './byte-inbox.ts';
import { ConnectionTokens } from './connection-token.ts';
import { encodeEvent } from './event-stream.ts';
import { Outbox } from './outbox.ts';
import { PostBody } from './post-body.ts';

const bytes = (text: string) => Buffer.from(text);

describe('events of an event stream (§4.2)', () => {
  const table: readonly (readonly [string, string])[] = [
    ['{}\u001e', 'data: {}\u001e\r\n\r\n'],
    ['a\nb', 'data: a\r\ndata: b\r\n\r\n'],
    ['a\r\nb\r\n', 'data: a\r\ndata: b\r\ndata: \r\n\r\n'],
    ['', 'data: \r\n\r\n'],
    ['\n', 'data: \r\ndata: \r\n\r\n'],
    ['a\rb', 'data: a\rb\r\n\r\n'],
  ];
  for (const [text, wire] of table) {
    test(`${JSON.stringify(text)}`, () => assert.equal(encodeEvent(text), wire));
  }
});

describe('bytes that wait for the hub (§3, §4.4)', () => {
  test('who puts in waits over the limit, until half of it is gone', async () => {
    const inbox = new ByteInbox(10);
    assert.equal(inbox.push(bytes('12345')), undefined);
    let hasRoom = false;
    const room = inbox.push(bytes('67890!'))?.then(() => {
      hasRoom = true;
    });
    assert.ok(room);
    assert.equal(String((await inbox.receive())?.data), '12345');
    await Promise.resolve();
    assert.equal(hasRoom, false);
    assert.equal(String(inbox.tryReceive()?.data), '67890!');
    await room;
    assert.equal(inbox.tryReceive(), undefined);
  });

  test('a reader that waits gets what comes, and the end', async () => {
    const inbox = new ByteInbox(10);
    const first = inbox.receive();
    assert.equal(inbox.push(bytes('x')), undefined);
    assert.equal(String((await first)?.data), 'x');
    const second = inbox.receive();
    inbox.end();
    assert.equal(await second, undefined);
    assert.equal(inbox.push(bytes('late')), undefined);
    assert.equal(await inbox.receive(), undefined);
  });

  test('what waits can be read after the end; a transport that comes makes room', async () => {
    const inbox = new ByteInbox(1);
    const room = inbox.push(bytes('early'));
    inbox.widen(100);
    await room;
    inbox.end();
    assert.equal(String((await inbox.receive())?.data), 'early');
    assert.equal(await inbox.receive(), undefined);
  });
});

describe('messages that leave together', () => {
  test('a batch is everything that waits; bytes count until it has arrived', async () => {
    const outbox = new Outbox();
    const sent = [
      outbox.push(new WireMessage('é', 'Text', false)),
      outbox.push(new WireMessage(bytes('xyz'), 'Binary', false)),
    ];
    assert.deepEqual([outbox.bytes, outbox.isEmpty], [5, false]);
    const batch = outbox.take();
    assert.deepEqual([batch.data.length, batch.bytes, outbox.bytes, outbox.isEmpty], [2, 5, 5, true]);
    const later = outbox.push(new WireMessage('z', 'Text', false));
    batch.settle();
    batch.settle(new Error('twice'));
    await Promise.all(sent);
    assert.equal(outbox.bytes, 1);
    outbox.take().settle(new Error('lost'));
    await assert.rejects(later, { message: 'lost' });
  });
});

describe('the body of a POST', () => {
  const create = (maxBytes = 1_000, limit = 100) => {
    const request = Object.assign(new PassThrough(), { headers: {}, httpVersionMajor: 1 });
    const inbox = new ByteInbox(limit);
    const body = new PostBody(request as unknown as AnyRequest, inbox, maxBytes, 0);
    return { request, inbox, body, end: body.receive() };
  };

  test('received when its end is', async () => {
    const { request, inbox, end } = create();
    request.end('abc');
    assert.equal(await end, 'received');
    assert.equal(String(inbox.tryReceive()?.data), 'abc');
  });

  test('slower than 240 bytes a second after 5 s of grace: too slow', async () => {
    const { request, body, end } = create(1_000, 1_000);
    request.write('x'.repeat(250));
    await new Promise(resolve => setImmediate(resolve));
    body.tick(5_000);
    body.tick(6_000);
    assert.equal(await Promise.race([end, 'waiting']), 'waiting');
    body.tick(6_100);
    assert.equal(await end, 'too-slow');
  });

  test('the time the hub keeps it waiting does not count', async () => {
    const { request, inbox, body, end } = create(1_000, 10);
    request.write('x'.repeat(11));
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(request.isPaused(), true);
    body.tick(1e9);
    inbox.tryReceive();
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(request.isPaused(), false);
    request.end();
    assert.equal(await end, 'received');
  });

  test('too large, gone, disposed', async () => {
    const large = create(10);
    large.request.write('x'.repeat(11));
    assert.equal(await large.end, 'too-large');
    const gone = create();
    gone.request.destroy();
    assert.equal(await gone.end, 'gone');
    const disposed = create();
    disposed.inbox.end();
    disposed.request.write('x');
    assert.equal(await disposed.end, 'disposed');
  });
});

describe('connection tokens (§11.1)', () => {
  const tokens = new ConnectionTokens('0123456789abcdef', '/hub');

  test('a token says what was put into it, until it expires', () => {
    const id = tokens.createId();
    assert.match(id, /^[\w-]{22}$/);
    const token = tokens.issue(1, id, 1_000);
    assert.deepEqual(tokens.read(token, 999), { version: 1, connectionId: id, expiresAt: 1_000 });
    assert.equal(tokens.read(token, 1_000), undefined);
    const old = tokens.issue(0, id, 1_000);
    assert.equal(tokens.read(old, 0)?.connectionId, old);
  });

  test('two tokens of one id differ; every changed character is noticed', () => {
    const id = tokens.createId();
    const token = tokens.issue(1, id, 1_000);
    assert.notEqual(tokens.issue(1, id, 1_000), token);
    for (let at = 0; at < token.length; at += 1) {
      for (const other of ['A', '_', 'z']) {
        if (token[at] === other) continue;
        assert.equal(tokens.read(token.slice(0, at) + other + token.slice(at + 1), 0), undefined);
      }
    }
  });

  test('nonsense, another path and another secret are no tokens', () => {
    const token = tokens.issue(1, tokens.createId(), 1_000);
    for (const text of ['', 'x', `${token}A`, token.slice(1), '='.repeat(63)])
      assert.equal(tokens.read(text, 0), undefined);
    assert.equal(new ConnectionTokens('0123456789abcdef', '/other').read(token, 0), undefined);
    assert.equal(new ConnectionTokens('0123456789abcdeg', '/hub').read(token, 0), undefined);
  });
});
