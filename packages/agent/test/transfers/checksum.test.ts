// Checksums, given or told by the origin: a wrong file never appears, whatever happened on the way.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { ParsedCreateDownloadRequest } from '@longhaul/agent-protocol';
import { answer, bodyOf, type Fields, type Handler, head, Origin, serveFile, serveStart } from './origin.ts';
import { owner, Room, sha256 } from './room.ts';

const body = bodyOf('checked', 3_000_000);
const other = bodyOf('another', 2_500_000);
const half = 1_200_000;
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');
const base64 = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest('base64');
const right = { algorithm: 'sha-256', expected: sha256(body) } as const;
const wrong = { algorithm: 'sha-256', expected: sha256(other) } as const;
const repr = (bytes: Uint8Array): Fields => ({ ETag: '"one"', 'Repr-Digest': `sha-256=:${base64('sha256', bytes)}:` });

/** Digests on `/told`, `/old`, `/lie`; `/held…` stops half way until its connection is cut and continues by range. */
const handler: Handler = (request, socket) => {
  switch (request.path) {
    case '/told':
      return answer(socket, 200, repr(body), body);
    case '/old':
      return answer(socket, 200, { Digest: `SHA-512=${base64('sha512', body)}` }, body);
    case '/lie':
      return answer(socket, 200, repr(other), body);
    case '/chunked':
      socket.write(head(200, { ...repr(body), 'Transfer-Encoding': 'chunked' }));
      socket.write(`${body.byteLength.toString(16)}\r\n`);
      socket.write(body);
      return void socket.write('\r\n0\r\n\r\n');
    case '/held':
      return request.headers.has('range') ? serveFile(request, socket, body) : serveStart(socket, body, half);
    case '/held-told':
      if (request.headers.has('range')) return serveFile(request, socket, body);
      return serveStart(socket, body, half, repr(body));
    case '/corrupt': {
      // The rest is of another file, although the validator says it is the same.
      if (!request.headers.has('range')) return serveStart(socket, body, half, repr(body));
      return serveFile(
        request,
        socket,
        Buffer.concat([body.subarray(0, half), bodyOf('rest', body.byteLength - half)]),
      );
    }
    case '/changed':
      if (request.headers.has('range')) return answer(socket, 200, { ...repr(other), ETag: '"two"' }, other);
      return serveStart(socket, body, half, repr(body));
    default:
      return serveFile(request, socket, body);
  }
};

describe('checksums', () => {
  const origin = Origin.ofSuite(handler);

  const open = Room.openPatient;
  /** Half received, closed in the middle, opened again by another room's life; the connection is gone. */
  async function interrupted(room: Room, path: string, more: Partial<ParsedCreateDownloadRequest> = {}) {
    const id = await room.underWay(origin.url(path), half, more);
    await room.close();
    origin.cut();
    await room.reopen();
    return room.ended(id);
  }
  function assertRefused(room: Room, record: Awaited<ReturnType<Room['download']>>): void {
    assert.deepEqual([record.status, record.error?.code], ['error', 'integrity-failure']);
    assert.equal(record.checksum?.isVerified, false);
    assert.deepEqual(room.names, [], 'no file, no part file');
  }

  test('a file that is what was asked for is verified, by either algorithm', async () => {
    await using room = await open();
    const one = await room.download(origin.url(), { checksum: right });
    assert.deepEqual([one.status, one.checksum], ['completed', { ...right, source: 'request', isVerified: true }]);
    const checksum = { algorithm: 'sha-512', expected: sha512(body) } as const;
    const two = await room.download(origin.url(), { checksum, file: room.path('two') });
    assert.deepEqual([two.status, two.checksum?.isVerified], ['completed', true]);
    await room.reopen();
    assert.equal(room.get(one.id).checksum?.isVerified, true);
  });

  test('a file that is something else is an error, and nothing is left of it; retried, it may be right', async () => {
    await using room = await open();
    const record = await room.download(origin.url(), { checksum: wrong });
    assertRefused(room, record);
    assert.match(record.error?.message ?? '', new RegExp(`${right.expected}.*${wrong.expected}`));
    assert.equal(origin.requests.at(-1)?.path, '/file');
    await room.transfers.retry(owner, record.id);
    assertRefused(room, await room.ended(record.id));
  });

  test('what the origin names is compared without being asked for (RFC 9530, RFC 3230), chunked or not', async () => {
    await using room = await open();
    for (const [path, algorithm] of [
      ['/told', 'sha-256'],
      ['/old', 'sha-512'],
      ['/chunked', 'sha-256'],
    ] as const) {
      const { status, checksum } = await room.download(origin.url(path), { file: room.path(path.slice(1)) });
      assert.deepEqual([status, checksum?.algorithm, checksum?.source], ['completed', algorithm, 'origin'], path);
      assert.equal(checksum?.isVerified, true, path);
    }
    assert.equal((await room.download(origin.url(), { file: room.path('none') })).checksum, null);
  });

  test('an origin that names another digest than that of its bytes is an error; what the caller gave goes first', async () => {
    await using room = await open();
    assertRefused(room, await room.download(origin.url('/lie')));
    const { status, checksum } = await room.download(origin.url('/lie'), { checksum: right });
    assert.deepEqual([status, checksum], ['completed', { ...right, source: 'request', isVerified: true }]);
  });

  for (const [path, checksum] of [
    ['/held', right],
    ['/held-told', null],
  ] as const) {
    test(`${path}: resumed in another life, the bytes of the first one are compared too`, async () => {
      await using room = await open();
      const record = await interrupted(room, path, { checksum });
      assert.deepEqual([record.status, record.checksum?.isVerified], ['completed', true]);
      assert.equal(record.hasRestarted, false);
      assert.equal(sha256(room.read('file.bin')), sha256(body));
    });
  }

  test('a resumed file whose rest is of another one is noticed', async () => {
    await using room = await open();
    assertRefused(room, await interrupted(room, '/corrupt'));
  });

  test('a file that changed meanwhile is compared with what it is named now', async () => {
    await using room = await open();
    const { status, checksum, hasRestarted } = await interrupted(room, '/changed');
    assert.deepEqual([status, hasRestarted, checksum?.expected], ['completed', true, sha256(other)]);
    assert.equal(checksum?.isVerified, true);
  });

  test('an empty file has a digest too', async () => {
    await using empty = await Origin.listen((_, socket) => answer(socket, 200, {}));
    await using room = await open();
    const checksum = { algorithm: 'sha-256', expected: sha256(Buffer.alloc(0)) } as const;
    assert.equal((await room.download(empty.url(), { checksum })).checksum?.isVerified, true);
  });

  test('many at once are each compared with their own', async () => {
    await using room = await open();
    const records = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        room.download(origin.url(), { file: room.path(`${index}`), checksum: index % 3 === 0 ? wrong : right }),
      ),
    );
    for (const [index, { status }] of records.entries()) assert.equal(status, index % 3 === 0 ? 'error' : 'completed');
  });

  test('asking again with the same id and another checksum is refused', async () => {
    await using room = await open();
    const request = room.request(origin.url('/told'), { start: false });
    await room.transfers.create('longhaul', request);
    await assert.rejects(room.transfers.create('longhaul', { ...request, checksum: wrong }), {
      code: 'already-exists',
    });
    await room.transfers.start(owner, request.id);
    await room.ended(request.id);
    const again = await room.transfers.create('longhaul', request);
    assert.equal(again.status, 'completed', 'what the origin told since makes no other request of it');
  });
});
