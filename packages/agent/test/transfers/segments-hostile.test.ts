// Servers that treat the second connection of a file badly, by mistake or on purpose: the file is byte-identical in the end, the
// transfer has no failed attempt, and the first connection goes on.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { leakCheck } from '@longhaul/testing';
import { answer, type Handler, head, serveFile } from './origin.ts';
import { owner, sha256 } from './room.ts';
import { body, changed, digest, oddBehindTheFirst, partOf, Scene } from './segment-scene.ts';

describe('segments of a hostile server', () => {
  const leaks = leakCheck();
  after(leaks);

  const refusals: Readonly<Record<string, Handler>> = {
    'answers 503 to the second': (_request, socket) => answer(socket, 503, { 'Retry-After': 1 }),
    'answers 416 to it': (_request, socket) => answer(socket, 416, { 'Content-Range': `bytes */${body.byteLength}` }),
    'ignores its Range': (_request, socket) => answer(socket, 200, { ETag: '"one"' }, body),
    'sends it headers without end': (_request, socket) => {
      socket.write('HTTP/1.1 206 Partial Content\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write('X-Flood: aaaa\r\n'.repeat(1_000)));
      };
      socket.on('drain', more);
      more();
    },
    'gives it a length and chunks together': (request, socket) => {
      const { from, to, part } = partOf(request);
      const fields = { ETag: '"one"', 'Content-Range': `bytes ${from}-${to - 1}/${body.byteLength}` };
      answer(socket, 206, { ...fields, 'Transfer-Encoding': 'chunked' }, part);
    },
    'sends it in circles': (request, socket) => answer(socket, 302, { Location: request.path }),
    'names it a part beyond all numbers': (_request, socket) =>
      answer(socket, 206, { ETag: '"one"', 'Content-Range': `bytes 0-${'9'.repeat(400)}/${'9'.repeat(401)}` }, 'x'),
    'hangs up on it': (_request, socket) => void socket.destroy(),
    'lies about where its part begins': (request, socket) => {
      const { from, to, part } = partOf(request);
      const range = `bytes ${from - 7}-${to - 8}/${body.byteLength}`;
      answer(socket, 206, { ETag: '"one"', 'Content-Range': range }, part);
    },
    'lies about the length of the file': (request, socket) => {
      const { from, to, part } = partOf(request);
      answer(socket, 206, { ETag: '"one"', 'Content-Range': `bytes ${from}-${to - 1}/${body.byteLength + 1}` }, part);
    },
    'gives a part of another file': (request, socket) => {
      const { from, to, part } = partOf(request, changed);
      answer(socket, 206, { ETag: '"two"', 'Content-Range': `bytes ${from}-${to - 1}/${body.byteLength}` }, part);
    },
    'has changed the file': (request, socket) => serveFile(request, socket, changed, '"two"'),
  };
  for (const [what, odd] of Object.entries(refusals)) {
    test(`a server that ${what} is left with one connection, and not asked again`, async () => {
      await using scene = await Scene.open(oddBehindTheFirst(odd));
      const record = await scene.room.download(scene.origin.url());
      assert.deepEqual([record.status, record.failedAttempts, record.hasRestarted], ['completed', 0, false]);
      assert.equal(sha256(scene.room.read('file.bin')), digest.expected);
      assert.equal(scene.origin.requests.length, 2);
      assert.deepEqual(scene.room.transfers.details(owner, record.id).attempts, []);
    });
  }

  test('a part longer than announced spoils nothing', async () => {
    await using scene = await Scene.open(
      oddBehindTheFirst((request, socket) => {
        const { from, to, part } = partOf(request);
        const range = `bytes ${from}-${to - 1}/${body.byteLength}`;
        socket.write(head(206, { ETag: '"one"', 'Content-Range': range, 'Transfer-Encoding': 'chunked' }));
        socket.write(`${(part.byteLength + 9).toString(16)}\r\n`);
        socket.write(part);
        socket.end('too much!\r\n0\r\n\r\n');
      }),
    );
    const record = await scene.room.download(scene.origin.url());
    assert.equal(record.status, 'completed');
    assert.equal(sha256(scene.room.read('file.bin')), digest.expected);
  });

  test('a part that only trickles is left to the connection that brings more', async () => {
    await using scene = await Scene.open(
      oddBehindTheFirst((request, socket) => {
        if (request.nth > 2) return serveFile(request, socket, body);
        const { from, to, part } = partOf(request);
        const fields = { ETag: '"one"', 'Content-Range': `bytes ${from}-${to - 1}/${body.byteLength}` };
        socket.write(head(206, { ...fields, 'Content-Length': part.byteLength }));
        let at = 0;
        const timer = setInterval(() => {
          socket.write(part.subarray(at, at + 1));
          at += 1;
        }, 20);
        socket.once('close', () => clearInterval(timer));
      }),
    );
    const record = await scene.room.download(scene.origin.url());
    assert.deepEqual([record.status, record.failedAttempts, record.hasRestarted], ['completed', 0, false]);
    assert.equal(sha256(scene.room.read('file.bin')), digest.expected);
  });
});
