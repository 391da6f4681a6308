// Servers that mean harm, met by a whole transfers room with its own default source: each costs one transfer one clear error,
// takes bounded bytes, and everybody else's transfers go on.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { leakCheck } from '@longhaul/testing';
import { answer, bodyOf, type Handler, head, Origin, serveFile } from './origin.ts';
import { Room, sha256 } from './room.ts';

const body = bodyOf('harmless', 3_000_000);
const noRetries = { retryDelaysMs: [] };

/** Writes `piece` for as long as somebody takes it. */
function flood(socket: Socket, start: string, piece: string): void {
  socket.write(start);
  const block = piece.repeat(Math.ceil(16_384 / piece.length));
  const more = () => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on('drain', more);
  more();
}

/** One byte of `text` every few milliseconds, from the beginning again at its end. */
function drip(socket: Socket, start: string, text: string): void {
  socket.write(start);
  let at = 0;
  const timer = setInterval(() => {
    socket.write(text[at % text.length]!);
    at += 1;
  }, 5);
  socket.once('close', () => clearInterval(timer));
}

const chunked = head(200, { 'Transfer-Encoding': 'chunked' });
const ok = 'HTTP/1.1 200 OK\r\n';

/** What the room may have taken of a flood: its own buffers and those of the kernel on both sides. Bytes. */
const maxTakenBytes = 20_000_000;

const attacks: [string, Handler, code: string, webErrorStatus: string][] = [
  [
    'endless headers',
    (_, socket) => flood(socket, ok, 'X-Flood: aaaa\r\n'),
    'web-error',
    'error-http-invalid-server-response',
  ],
  [
    'one endless header',
    (_, socket) => flood(socket, `${ok}X: `, 'aaaa'),
    'web-error',
    'error-http-invalid-server-response',
  ],
  [
    'an endless reason',
    (_, socket) => flood(socket, 'HTTP/1.1 200 ', 'OK'),
    'web-error',
    'error-http-invalid-server-response',
  ],
  [
    'endless interim answers',
    (_, socket) => flood(socket, '', 'HTTP/1.1 100 x\r\n\r\n'),
    'web-error',
    'error-http-invalid-server-response',
  ],
  ['noise', (_, socket) => flood(socket, '', '\0\x01\x02\x03'), 'web-error', 'error-http-invalid-server-response'],
  [
    'a chunk size beyond all numbers',
    (_, socket) => flood(socket, `${chunked}fffffffffffffffff\r\n`, 'a'),
    'web-error',
    'error-http-invalid-server-response',
  ],
  [
    'endless zeros of a chunk size',
    (_, socket) => flood(socket, chunked, '0'),
    'web-error',
    'error-http-invalid-server-response',
  ],
  [
    'an endless chunk extension',
    (_, socket) => flood(socket, `${chunked}5;`, 'a=b;'),
    'web-error',
    'error-http-invalid-server-response',
  ],
  [
    'endless trailers',
    (_, socket) => flood(socket, `${chunked}0\r\n`, 'X-Flood: aaaa\r\n'),
    'web-error',
    'error-http-invalid-server-response',
  ],
  [
    'a length and chunks at once',
    (_, socket) => {
      socket.write(head(200, { 'Content-Length': 5, 'Transfer-Encoding': 'chunked' }));
      socket.write('5\r\nhello\r\n0\r\n\r\n');
    },
    'web-error',
    'error-http-invalid-server-response',
  ],
  ['a head that drips', (_, socket) => drip(socket, ok, 'X: y\r\n'), 'timeout', 'timeout'],
  ['interim answers that drip', (_, socket) => drip(socket, '', 'HTTP/1.1 100 x\r\n\r\n'), 'timeout', 'timeout'],
  ['a chunk size that drips', (_, socket) => drip(socket, `${chunked}1;`, 'a'), 'timeout', 'timeout'],
  ['trailers that drip', (_, socket) => drip(socket, `${chunked}1\r\nx\r\n0\r\n`, 'X: y\r\n'), 'timeout', 'timeout'],
  [
    'a redirect to itself with another query for ever',
    (request, socket) => answer(socket, 302, { Location: `/?${request.nth}` }),
    'web-error',
    'redirect-failed',
  ],
  [
    'an answer that switches protocols',
    (_, socket) => socket.write('HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    'web-error',
    'error-http-invalid-server-response',
  ],
];

describe('a hostile server', () => {
  after(leakCheck());

  for (const [what, handler, code, webErrorStatus] of attacks) {
    test(`${what}: one error, bounded bytes, and the neighbour has its file`, async () => {
      const sockets: Socket[] = [];
      await using hostile = await Origin.listen((request, socket) => {
        sockets.push(socket);
        handler(request, socket);
      });
      await using friendly = await Origin.listen((request, socket) => serveFile(request, socket, body));
      await using room = await Room.open({ limits: noRetries });
      const [bad, good] = await Promise.all([
        room.download(hostile.url(), { file: room.path('bad') }),
        room.download(friendly.url(), { file: room.path('good') }),
      ]);
      assert.deepEqual(
        [bad.status, bad.error?.code, bad.error?.webErrorStatus, bad.failedAttempts],
        ['error', code, webErrorStatus, 1],
      );
      assert.deepEqual([good.status, sha256(room.read('good'))], ['completed', sha256(body)]);
      assert.deepEqual(room.names, ['good'], 'nothing of the other is left');
      for (const socket of sockets) assert.ok(socket.bytesWritten - socket.writableLength < maxTakenBytes);
    });
  }

  test('all of them at once, again and again: the room goes on, and its memory is what it was', async () => {
    const handlers = new Map(attacks.map(([, handler], number) => [`/${number}`, handler]));
    await using hostile = await Origin.listen((request, socket) => {
      const path = request.path.startsWith('/?') ? [...handlers.keys()].at(-2)! : request.path;
      handlers.get(path)?.(request, socket);
    });
    await using friendly = await Origin.listen((request, socket) => serveFile(request, socket, body));
    await using room = await Room.open({ limits: { ...noRetries, maxActive: 100, maxActivePerHost: 100 } });
    const round = (number: number) =>
      Promise.all([
        ...[...handlers.keys()].map(path =>
          room.download(hostile.url(path), { file: room.path(`bad-${number}-${path.slice(1)}`) }),
        ),
        room.download(friendly.url(), { file: room.path(`good-${number}`) }),
      ]);
    await round(0);
    const before = process.memoryUsage();
    for (const number of [1, 2, 3]) {
      const records = await round(number);
      assert.deepEqual(
        records.map(({ status }) => status),
        [...attacks.map(() => 'error'), 'completed'],
      );
      assert.equal(sha256(room.read(`good-${number}`)), sha256(body));
    }
    const now = process.memoryUsage();
    const grown = now.heapUsed + now.external - before.heapUsed - before.external;
    assert.ok(grown < 64 * 1024 * 1024, `${grown} bytes more`);
  });

  test('what looks like a header in a Location never becomes one', async () => {
    for (const location of ['/a%0d%0aX-Evil:%201', '/a\tX-Evil: 1', '/a?b\x0bX-Evil: 1', '/\xe9 HTTP/1.1 X-Evil: 1']) {
      await using origin = await Origin.listen((request, socket) => {
        if (request.nth === 1)
          socket.write(Buffer.from(head(302, { Location: location, 'Content-Length': 0 }), 'latin1'));
        else serveFile(request, socket, body);
      });
      await using room = await Room.open({ limits: noRetries });
      const record = await room.download(origin.url());
      for (const request of origin.requests) {
        assert.equal(request.headers.has('x-evil'), false, location);
        assert.match(request.path, /^\/[\x21-\x7e]*$/);
      }
      assert.ok(record.status === 'completed' || record.error?.webErrorStatus === 'error-http-invalid-server-response');
    }
  });

  test('a validator with line breaks in it is never sent back', async () => {
    await using origin = await Origin.listen((_, socket) => {
      socket.write(`${ok}ETag: "a\rX-Evil: 1"\r\nContent-Length: 5\r\n\r\nhel`);
      socket.destroySoon();
    });
    await using room = await Room.open({ limits: noRetries });
    const record = await room.download(origin.url());
    assert.equal(record.error?.webErrorStatus, 'error-http-invalid-server-response');
    assert.equal(origin.requests.length, 1);
  });

  test('an answer that is not ours on a kept connection is never taken for the next one', async () => {
    await using origin = await Origin.listen((request, socket) => {
      if (request.nth > 1) return serveFile(request, socket, body);
      // The whole answer, and in the same packet one that nobody asked for.
      socket.write(`${ok}Content-Length: 5\r\n\r\nhello${ok}Content-Length: 4\r\n\r\nevil`);
    });
    await using room = await Room.open({ limits: noRetries });
    await room.download(origin.url(), { file: room.path('first') });
    await room.download(origin.url(), { file: room.path('second') });
    assert.deepEqual([room.read('first').toString(), sha256(room.read('second'))], ['hello', sha256(body)]);
    assert.equal(origin.connections, 2);
  });
});
