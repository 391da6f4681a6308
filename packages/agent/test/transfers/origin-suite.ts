// What every source of bytes must do with origins as they really are: one suite, run with each of them.
// Each test is a real server on loopback and a whole transfers room; each finished file is compared byte by byte (SHA-256).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ParsedCreateDownloadRequest, TransferRecord } from '@longhaul/agent-protocol';
import type { TransferLimits } from '../../src/transfers/options.ts';
import type { Source, SourceLimits } from '../../src/transfers/source.ts';
import { answer, bodyOf, type Handler, head, Origin, rangeOf, serveFile, serveStart } from './origin.ts';
import { Room, sha256 } from './room.ts';

export type MakeSource = (limits: SourceLimits, options?: { readonly ca?: string }) => Source;

const size = 2_500_000;
const half = 1_200_000;
const body = bodyOf('the file', size);
const changed = bodyOf('the changed file', size - 4_321);

interface Stage extends AsyncDisposable {
  readonly origin: Origin;
  readonly room: Room;
}

async function stage(makeSource: MakeSource, handler: Handler, limits: Partial<TransferLimits> = {}): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const origin = stack.use(await Origin.listen(handler));
  const room = stack.use(await Room.open({ makeSource: all => makeSource(all), limits }));
  const owned = stack.move();
  return { origin, room, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Starts a download, resets its first connection once `half` arrived, waits for the end. */
async function cutInTheMiddle(
  { origin, room }: Stage,
  more?: Partial<ParsedCreateDownloadRequest>,
): Promise<TransferRecord> {
  const { id } = await room.create(origin.url(), more);
  await room.when(id, record => record.bytesReceived >= half);
  origin.latest?.resetAndDestroy();
  return room.ended(id);
}

function assertWhole(room: Room, record: TransferRecord, expected: Buffer): void {
  assert.equal(record.status, 'completed', `${record.error?.code}: ${record.error?.message}`);
  assert.equal(sha256(room.read('file.bin')), sha256(expected));
  assert.equal(record.bytesReceived, expected.byteLength);
  assert.equal(record.totalBytesToReceive, expected.byteLength);
  assert.deepEqual(room.names, ['file.bin'], 'nothing is left over');
}

function assertFailed(room: Room, record: TransferRecord, webErrorStatus: string, code = 'web-error'): void {
  assert.deepEqual([record.status, record.error?.code, record.error?.webErrorStatus], ['error', code, webErrorStatus]);
  assert.deepEqual(room.names, [], 'nothing is left over');
}

const rangesAsked = (origin: Origin) => origin.requests.map(request => request.headers.get('range'));

export function runOriginSuite(name: string, makeSource: MakeSource): void {
  const play = (handler: Handler, limits?: Partial<TransferLimits>) => stage(makeSource, handler, limits);

  describe(`${name}: origins that behave`, () => {
    test('a file comes as it is, asked for without any encoding', async () => {
      await using scene = await play((request, socket) => serveFile(request, socket, body));
      const record = await scene.room.download(scene.origin.url());
      assertWhole(scene.room, record, body);
      assert.equal(scene.origin.requests[0]?.headers.get('accept-encoding'), 'identity');
      assert.deepEqual(
        [record.isLengthVerified, record.isResumable, record.hasRestarted, record.statusCode],
        [true, true, false, 200],
      );
    });

    test('an empty file is a file', async () => {
      await using scene = await play((_, socket) => answer(socket, 200, { ETag: '"none"' }));
      assertWhole(scene.room, await scene.room.download(scene.origin.url()), Buffer.alloc(0));
    });

    test('a chunked body is complete when its last chunk came', async () => {
      await using scene = await play((_, socket) => {
        socket.write(head(200, { 'Transfer-Encoding': 'chunked' }));
        for (let at = 0; at < size; at += 77_777) {
          const part = body.subarray(at, at + 77_777);
          socket.write(`${part.byteLength.toString(16)};ext=1\r\n`);
          socket.write(part);
          socket.write('\r\n');
        }
        socket.write('0\r\nTrailer: x\r\n\r\n');
      });
      const record = await scene.room.download(scene.origin.url());
      assertWhole(scene.room, record, body);
      assert.equal(record.isLengthVerified, true);
    });

    test('a slow drip goes on as long as something drips, far beyond the stall time-out', async () => {
      const small = body.subarray(0, 40);
      await using scene = await play(
        (_, socket) => {
          socket.write(head(200, { 'Content-Length': small.byteLength }));
          let at = 0;
          const timer = setInterval(() => {
            socket.write(small.subarray(at, at + 1));
            at += 1;
            if (at === small.byteLength) clearInterval(timer);
          }, 20);
        },
        { stallTimeoutMs: 400 },
      );
      const record = await scene.room.download(scene.origin.url());
      assertWhole(scene.room, record, small);
      assert.equal(scene.origin.requests.length, 1);
    });

    test('informational answers before the real one are passed over', async () => {
      await using scene = await play((request, socket) => {
        socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n');
        serveFile(request, socket, body);
      });
      assertWhole(scene.room, await scene.room.download(scene.origin.url()), body);
    });

    test('one connection serves one file after the other', async () => {
      // On a busy machine a file may look as if one connection were too few.
      const limits = { maxConnectionsPerTransfer: 1 };
      await using scene = await play((request, socket) => serveFile(request, socket, body), limits);
      for (const name of ['a', 'b', 'c']) {
        const record = await scene.room.download(scene.origin.url(), { file: scene.room.path(name) });
        assert.equal(record.status, 'completed');
        assert.equal(sha256(scene.room.read(name)), sha256(body));
      }
      assert.equal(scene.origin.connections, 1);
    });

    test('a kept connection that the server closed meanwhile costs no attempt', async () => {
      await using scene = await play((request, socket) => {
        // Closed the moment it is used a second time: the client cannot have known.
        if (request.nth === 2) socket.destroy();
        else serveFile(request, socket, body);
      });
      await scene.room.download(scene.origin.url(), { file: scene.room.path('first') });
      const { id } = await scene.room.create(scene.origin.url(), { file: scene.room.path('second') });
      const record = await scene.room.ended(id);
      assert.equal(record.status, 'completed');
      assert.equal(scene.origin.requests.length, 3);
      const retried = scene.room.facts.filter(fact => fact.type === 'changed' && fact.record.failedAttempts > 0);
      assert.deepEqual(retried, []);
    });
  });

  describe(`${name}: resuming`, () => {
    test('a reset in the middle: the rest is asked for with If-Range and joins without a seam', async () => {
      await using scene = await play((request, socket) =>
        request.nth === 1 ? serveStart(socket, body, half) : serveFile(request, socket, body),
      );
      const record = await cutInTheMiddle(scene);
      assertWhole(scene.room, record, body);
      assert.deepEqual(rangesAsked(scene.origin), [undefined, `bytes=${half}-`]);
      assert.equal(scene.origin.requests[1]?.headers.get('if-range'), '"one"');
      assert.deepEqual([record.hasRestarted, record.failedAttempts, record.statusCode], [false, 0, 206]);
    });

    test('no range support (200 in place of 206): from the beginning, and it says so (BT-74)', async () => {
      await using scene = await play((request, socket) =>
        request.nth === 1 ? serveStart(socket, body, half) : answer(socket, 200, { ETag: '"one"' }, body),
      );
      const record = await cutInTheMiddle(scene);
      assertWhole(scene.room, record, body);
      assert.equal(record.hasRestarted, true);
      assert.equal(rangesAsked(scene.origin)[1], `bytes=${half}-`);
    });

    test('Accept-Ranges: none: nothing is asked for in parts', async () => {
      const fields = { ETag: '"one"', 'Accept-Ranges': 'none' };
      await using scene = await play((request, socket) =>
        request.nth === 1 ? serveStart(socket, body, half, fields) : answer(socket, 200, fields, body),
      );
      const record = await cutInTheMiddle(scene);
      assertWhole(scene.room, record, body);
      assert.deepEqual([record.isResumable, record.hasRestarted], [false, true]);
      assert.deepEqual(rangesAsked(scene.origin), [undefined, undefined]);
    });

    for (const [what, range] of [
      ['starts elsewhere', `bytes ${half - 1}-${size - 1}/${size}`],
      ['names another size', `bytes ${half}-${size - 1}/${size + 1}`],
      ['cannot be read', 'bytes from here to there'],
      ['is missing', undefined],
    ] as const) {
      test(`a Content-Range that ${what}: the answer is not used, the file starts from the beginning`, async () => {
        await using scene = await play((request, socket) => {
          if (request.nth === 1) serveStart(socket, body, half);
          else if (request.headers.has('range')) {
            answer(socket, 206, { ETag: '"one"', ...(range && { 'Content-Range': range }) }, body.subarray(half));
          } else serveFile(request, socket, body);
        });
        const record = await cutInTheMiddle(scene);
        assertWhole(scene.room, record, body);
        assert.equal(record.hasRestarted, true);
        assert.deepEqual(rangesAsked(scene.origin), [undefined, `bytes=${half}-`, undefined]);
      });
    }

    test('a changed strong ETag: the new file, whole', async () => {
      await using scene = await play((request, socket) =>
        request.nth === 1 ? serveStart(socket, body, half) : serveFile(request, socket, changed, '"two"'),
      );
      const record = await cutInTheMiddle(scene);
      assertWhole(scene.room, record, changed);
      assert.equal(record.hasRestarted, true);
    });

    test('a server that ignores If-Range and sends a part of the changed file is found out by its ETag', async () => {
      await using scene = await play((request, socket) => {
        const from = rangeOf(request, size)?.[0];
        if (request.nth === 1) serveStart(socket, body, half);
        else if (from === undefined) answer(socket, 200, { ETag: '"two"' }, changed);
        else {
          const range = `bytes ${from}-${changed.byteLength - 1}/${changed.byteLength}`;
          answer(socket, 206, { ETag: '"two"', 'Content-Range': range }, changed.subarray(from));
        }
      });
      assertWhole(scene.room, await cutInTheMiddle(scene), changed);
    });

    test('a weak ETag vouches for nothing: from the beginning without a range', async () => {
      const fields = {
        ETag: 'W/"one"',
        'Last-Modified': 'Mon, 01 Jan 2024 00:00:00 GMT',
        Date: new Date().toUTCString(),
      };
      await using scene = await play((request, socket) =>
        request.nth === 1 ? serveStart(socket, body, half, fields) : answer(socket, 200, fields, body),
      );
      const record = await cutInTheMiddle(scene);
      assertWhole(scene.room, record, body);
      assert.deepEqual([record.isResumable, record.hasRestarted], [false, true]);
      assert.deepEqual(rangesAsked(scene.origin), [undefined, undefined]);
    });

    test('an old Last-Modified without any ETag is a strong validator (RFC 9110, 8.8.2.2)', async () => {
      const modified = 'Mon, 01 Jan 2024 00:00:00 GMT';
      const fields = { 'Last-Modified': modified, Date: new Date().toUTCString() };
      await using scene = await play((request, socket) => {
        const from = rangeOf(request, size)?.[0];
        if (from === undefined || request.headers.get('if-range') !== modified)
          return serveStart(socket, body, half, fields);
        const range = `bytes ${from}-${size - 1}/${size}`;
        answer(socket, 206, { ...fields, 'Content-Range': range }, body.subarray(from));
      });
      const record = await cutInTheMiddle(scene);
      assertWhole(scene.room, record, body);
      assert.equal(record.hasRestarted, false);
    });

    test('parts smaller than asked for are put together', async () => {
      await using scene = await play((request, socket) => {
        const from = rangeOf(request, size)?.[0];
        if (from === undefined) return serveStart(socket, body, half);
        const last = Math.min(from + 500_000, size) - 1;
        const range = `bytes ${from}-${last}/${size}`;
        answer(socket, 206, { ETag: '"one"', 'Content-Range': range }, body.subarray(from, last + 1));
      });
      const record = await cutInTheMiddle(scene);
      assertWhole(scene.room, record, body);
      assert.deepEqual(rangesAsked(scene.origin).slice(1), ['bytes=1200000-', 'bytes=1700000-', 'bytes=2200000-']);
    });

    const endless: Handler = (_, socket) => {
      socket.write(head(200, { ETag: '"one"', 'Transfer-Encoding': 'chunked' }));
      socket.write(`${half.toString(16)}\r\n`);
      socket.write(body.subarray(0, half));
      socket.write('\r\n');
    };

    test('416 at the end of the very same file: it was complete', async () => {
      await using scene = await play((request, socket) => {
        if (request.nth === 1) return endless(request, socket);
        answer(socket, 416, { ETag: '"one"', 'Content-Range': `bytes */${half}` });
      });
      const record = await cutInTheMiddle(scene);
      assertWhole(scene.room, record, body.subarray(0, half));
      assert.deepEqual([record.hasRestarted, scene.origin.requests.length], [false, 2]);
    });

    for (const [what, fields] of [
      ['without a validator', { 'Content-Range': `bytes */${half}` }],
      ['of another size', { ETag: '"one"', 'Content-Range': `bytes */${half - 5}` }],
      ['of a changed file', { ETag: '"two"', 'Content-Range': `bytes */${half}` }],
    ] as const) {
      test(`416 ${what} proves nothing: from the beginning`, async () => {
        await using scene = await play((request, socket) => {
          if (request.nth === 1) endless(request, socket);
          else if (request.headers.has('range')) answer(socket, 416, fields);
          else answer(socket, 200, { ETag: '"two"' }, changed);
        });
        const record = await cutInTheMiddle(scene);
        assertWhole(scene.room, record, changed);
        assert.equal(record.hasRestarted, true);
      });
    }
  });

  describe(`${name}: bodies that end badly`, () => {
    test('no Content-Length: complete with the connection, and the length is marked as unverified', async () => {
      await using scene = await play((_, socket) => {
        socket.write(head(200, { Connection: 'close' }));
        socket.end(body);
      });
      const record = await scene.room.download(scene.origin.url());
      assertWhole(scene.room, record, body);
      assert.equal(record.isLengthVerified, false);
    });

    test('a short body is never taken for the file: the rest is fetched', async () => {
      await using scene = await play((request, socket) => {
        if (request.nth > 1) return serveFile(request, socket, body);
        serveStart(socket, body, half);
        socket.end();
      });
      const record = await scene.room.download(scene.origin.url());
      assertWhole(scene.room, record, body);
      assert.deepEqual(rangesAsked(scene.origin), [undefined, `bytes=${half}-`]);
    });

    test('a body that ends short at the same byte four times is an error (BT-132)', async () => {
      await using scene = await play((request, socket) => {
        if (request.nth === 1) serveStart(socket, body, half);
        else
          socket.write(
            head(206, {
              ETag: '"one"',
              'Content-Range': `bytes ${half}-${size - 1}/${size}`,
              'Content-Length': size - half,
            }),
          );
        socket.end();
      });
      const record = await scene.room.download(scene.origin.url());
      assertFailed(scene.room, record, 'disconnected');
      assert.deepEqual([scene.origin.requests.length, record.failedAttempts], [4, 4]);
    });

    test('a truncated chunked body is not complete', async () => {
      await using scene = await play((request, socket) => {
        if (request.nth > 1) return serveFile(request, socket, body);
        socket.write(head(200, { 'Transfer-Encoding': 'chunked' }));
        socket.end(`${half.toString(16)}\r\n${'x'.repeat(100)}`);
      });
      const record = await scene.room.download(scene.origin.url());
      assertWhole(scene.room, record, body);
      assert.equal(record.hasRestarted, true);
    });

    test('bytes beyond the Content-Length do not belong to the file', async () => {
      await using scene = await play((request, socket) => {
        serveFile(request, socket, body);
        socket.write('and something that nobody asked for');
      });
      assertWhole(scene.room, await scene.room.download(scene.origin.url()), body);
    });

    test('a stall is noticed and the rest is asked for', async () => {
      await using scene = await play((request, socket) =>
        request.nth === 1 ? serveStart(socket, body, half) : serveFile(request, socket, body),
      );
      const { id } = await scene.room.create(scene.origin.url());
      const stalled = await scene.room.when(id, record => record.error !== null);
      assert.deepEqual([stalled.error?.code, stalled.error?.webErrorStatus], ['timeout', 'timeout']);
      assertWhole(scene.room, await scene.room.ended(id), body);
    });

    test('no answer at all: three retries, then a time-out (BT-131, BT-132)', async () => {
      await using scene = await play(() => {}, { responseTimeoutMs: 150 });
      const record = await scene.room.download(scene.origin.url());
      assertFailed(scene.room, record, 'timeout', 'timeout');
      assert.deepEqual([scene.origin.requests.length, record.failedAttempts], [4, 4]);
    });
  });

  describe(`${name}: answers that are no file`, () => {
    test('500 and 503, then good: the file', async () => {
      await using scene = await play((request, socket) => {
        if (request.nth === 1) answer(socket, 500, {}, 'oops');
        else if (request.nth === 2) answer(socket, 503, { 'Retry-After': '0' }, 'soon');
        else serveFile(request, socket, body);
      });
      const record = await scene.room.download(scene.origin.url());
      assertWhole(scene.room, record, body);
      assert.deepEqual([scene.origin.requests.length, record.statusCode], [3, 200]);
    });

    test('503 in the middle keeps what there is', async () => {
      await using scene = await play((request, socket) => {
        if (request.nth === 1) serveStart(socket, body, half);
        else if (request.nth === 2) answer(socket, 503, {});
        else serveFile(request, socket, body);
      });
      const record = await cutInTheMiddle(scene);
      assertWhole(scene.room, record, body);
      assert.deepEqual(rangesAsked(scene.origin), [undefined, `bytes=${half}-`, `bytes=${half}-`]);
      assert.equal(record.hasRestarted, false);
    });

    for (const [status, expected] of [
      [404, 'http-404'],
      [403, 'http-403'],
      [410, 'http-410'],
      [418, 'unexpected-client-error'],
      [204, 'unexpected-status-code'],
      [304, 'http-304'],
      [501, 'http-501'],
    ] as const) {
      test(`${status} is final: one request, ${expected}`, async () => {
        await using scene = await play((_, socket) => answer(socket, status, {}));
        const record = await scene.room.download(scene.origin.url());
        assertFailed(scene.room, record, expected);
        assert.deepEqual([scene.origin.requests.length, record.statusCode], [1, status]);
      });
    }

    test('a part of a file where all of it was asked for is an invalid answer', async () => {
      await using scene = await play((_, socket) =>
        answer(socket, 206, { 'Content-Range': `bytes 0-9/${size}` }, body.subarray(0, 10)),
      );
      const record = await scene.room.download(scene.origin.url());
      assertFailed(scene.room, record, 'error-http-invalid-server-response');
    });

    for (const [what, bytes] of [
      ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
      ['two lengths that differ', `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
      ['a broken chunk size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n'],
      ['a flood of headers', `HTTP/1.1 200 OK\r\n${'X-Flood: aaaaaaaaaaaaaaaa\r\n'.repeat(2_000)}\r\n`],
    ] as const) {
      test(`${what} is an invalid answer`, async () => {
        await using scene = await play((_, socket) => socket.write(bytes));
        const record = await scene.room.download(scene.origin.url());
        assertFailed(scene.room, record, 'error-http-invalid-server-response');
      });
    }

    test('gzip sent although identity was asked: stored as sent', async () => {
      const packed = gzipSync(body);
      await using scene = await play((_, socket) => answer(socket, 200, { 'Content-Encoding': 'gzip' }, packed));
      assertWhole(scene.room, await scene.room.download(scene.origin.url()), packed);
    });
  });

  describe(`${name}: transfer codings nobody asked for`, () => {
    const packed = gzipSync(body);
    const codedAs = (codings: string) => head(200, { 'Transfer-Encoding': codings });
    const inChunks = (bytes: Buffer) =>
      Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')]);

    test('gzip under chunks is taken off: it belongs to the hop, not to the file', async () => {
      await using scene = await play((_, socket) => {
        socket.write(codedAs('gzip, chunked'));
        socket.write(inChunks(packed));
      });
      const record = await scene.room.download(scene.origin.url());
      assertWhole(scene.room, record, body);
      assert.equal(record.isLengthVerified, true);
    });

    test('gzip alone goes to the end of the connection', async () => {
      await using scene = await play((_, socket) => {
        socket.write(codedAs('x-gzip'));
        socket.end(packed);
      });
      const record = await scene.room.download(scene.origin.url());
      assertWhole(scene.room, record, body);
      assert.equal(record.isLengthVerified, false);
    });

    test('damaged or cut, it is an error and no file', async () => {
      const damaged = Buffer.from(packed);
      damaged.fill(0, 10_000, 10_100);
      await using scene = await play((request, socket) => {
        socket.write(codedAs('gzip, chunked'));
        if (request.nth % 2 === 1) socket.write(inChunks(damaged));
        else socket.end(inChunks(packed).subarray(0, 100_000));
      });
      const record = await scene.room.download(scene.origin.url());
      assert.deepEqual([record.status, record.error?.code, scene.room.names], ['error', 'web-error', []]);
    });

    test('one we do not know is an invalid answer', async () => {
      await using scene = await play((_, socket) => {
        socket.write(codedAs('compress, chunked'));
        socket.write(inChunks(body));
      });
      const record = await scene.room.download(scene.origin.url());
      assertFailed(scene.room, record, 'error-http-invalid-server-response');
    });
  });

  describe(`${name}: redirects`, () => {
    test('relative and absolute ones are followed; the record knows where they led (BT-61)', async () => {
      await using scene = await play((request, socket) => {
        if (request.path === '/start') answer(socket, 302, { Location: 'next/../second?x=1#part' }, 'moved');
        else if (request.path === '/second?x=1') answer(socket, 308, { Location: scene.origin.url('/file') });
        else serveFile(request, socket, body);
      });
      const record = await scene.room.download(scene.origin.url('/start'));
      assertWhole(scene.room, record, body);
      assert.equal(record.actualUrl, scene.origin.url('/file'));
      assert.equal(record.url, scene.origin.url('/start'));
    });

    test('a circle ends at once', async () => {
      await using scene = await play((request, socket) =>
        answer(socket, 302, { Location: request.path === '/a' ? '/b' : '/a' }),
      );
      const record = await scene.room.download(scene.origin.url('/a'));
      assertFailed(scene.room, record, 'redirect-failed');
      assert.equal(scene.origin.requests.length, 2);
    });

    test('an endless chain ends after twenty', async () => {
      await using scene = await play((request, socket) => answer(socket, 302, { Location: `/${request.nth}` }));
      const record = await scene.room.download(scene.origin.url());
      assertFailed(scene.room, record, 'redirect-failed');
      assert.equal(scene.origin.requests.length, 21);
    });

    for (const location of ['file:///etc/passwd', 'ftp://127.0.0.1/x', 'http://[bad', 'javascript:0']) {
      test(`a redirect to ${location} is refused`, async () => {
        await using scene = await play((_, socket) => answer(socket, 302, { Location: location }));
        assertFailed(scene.room, await scene.room.download(scene.origin.url()), 'redirect-failed');
      });
    }

    test('a redirect without a Location is an unexpected answer', async () => {
      await using scene = await play((_, socket) => answer(socket, 302, {}));
      assertFailed(scene.room, await scene.room.download(scene.origin.url()), 'http-302');
    });

    test('secrets stay with their origin: another port gets neither credentials nor headers of the caller', async () => {
      await using elsewhere = await Origin.listen((request, socket) => serveFile(request, socket, body));
      await using scene = await play((request, socket) =>
        answer(socket, 302, { Location: request.path === '/same' ? elsewhere.url() : '/same' }),
      );
      const headers: [string, string][] = [
        ['Authorization', 'Bearer secret'],
        ['Cookie', 'a=secret'],
        ['X-Api-Key', 'secret'],
        ['Accept-Language', 'de'],
      ];
      const record = await scene.room.download(scene.origin.url(), { headers });
      assertWhole(scene.room, record, body);
      const secrets = ['authorization', 'cookie', 'x-api-key'];
      const seen = (origin: Origin, at: number) => secrets.map(name => origin.requests[at]?.headers.has(name));
      assert.deepEqual(seen(scene.origin, 0), [true, true, true]);
      assert.deepEqual(seen(scene.origin, 1), [true, true, true], 'the same origin may know them');
      assert.deepEqual(seen(elsewhere, 0), [false, false, false]);
      assert.equal(elsewhere.requests[0]?.headers.get('accept-language'), 'de');
    });

    test('user name and password of a URL become Authorization there, and are shown and logged nowhere', async () => {
      await using scene = await play((request, socket) => serveFile(request, socket, body));
      const url = scene.origin.url('/file?token=hidden').replace('://', '://ann:p%40ss@');
      const record = await scene.room.download(url);
      assertWhole(scene.room, record, body);
      const sent = Buffer.from('ann:p@ss').toString('base64');
      assert.equal(scene.origin.requests[0]?.headers.get('authorization'), `Basic ${sent}`);
      assert.equal(record.url, scene.origin.url('/file?token=hidden'));
      const told = JSON.stringify([scene.room.facts, scene.room.log]);
      assert.doesNotMatch(told, /p%40ss|p@ss|ann/);
      assert.doesNotMatch(JSON.stringify(scene.room.log), /hidden/);
    });
  });
}
