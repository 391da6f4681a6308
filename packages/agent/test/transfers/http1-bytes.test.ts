// Byte identity of our HTTP/1.1 client: plain and TLS, every framing, slabs of any size, a fast disk and a slow one with its
// pauses, checkpoints at any moment, several downloads over one pool. The two ways in which such clients corrupted files:
// on plain TCP the bytes after a pause went to a dummy buffer and were taken for slab bytes; under TLS, which delivers after a
// pause, they went to a slab that was already on its way to the disk.
import assert from 'node:assert/strict';
import { write as fsWrite, mkdtempSync, readFileSync, rmSync, writev } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { leakCheck } from '@longhaul/testing';
import { HttpSource } from '../../src/transfers/http-source.ts';
import { Http1Source } from '../../src/transfers/http1/http1-source.ts';
import { defaults } from '../../src/transfers/options.ts';
import { FileSink, type WriteParts } from '../../src/transfers/sink.ts';
import { SlabPool, type SlabPoolOptions } from '../../src/transfers/slab-pool.ts';
import { bodyOf, type Handler, head, Origin } from './origin.ts';
import { sha256 } from './room.ts';
import { Authority } from './tls-suite.ts';

const size = 1_200_000;
const bodies = new Map(['a', 'b', 'c'].map(name => [name, bodyOf(name, size)]));

const handler: Handler = (request, socket) => {
  const [, framing, name = ''] = request.path.split('/');
  const body = bodies.get(name)!;
  if (framing === 'length') {
    socket.write(head(200, { 'Content-Length': size }));
    socket.write(body);
  } else if (framing === 'close') {
    socket.write(head(200, { Connection: 'close' }));
    socket.end(body);
  } else {
    const longest = Number(framing!.slice('chunked-'.length));
    const parts: Buffer[] = [Buffer.from(head(200, { 'Transfer-Encoding': 'chunked' }))];
    for (let at = 0, count = 1; at < size; count += 1) {
      const part = body.subarray(at, at + 1 + ((count * 7_919) % longest));
      parts.push(Buffer.from(`${part.byteLength.toString(16)}\r\n`), part, Buffer.from('\r\n'));
      at += part.byteLength;
    }
    socket.write(Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]));
  }
};

/** Every write waits for a few turns of the loop: long enough for all that TLS and the kernel have to come in. */
const slowDisk: WriteParts = (fd, parts, position, written) => {
  const wait = (turns: number) => {
    if (turns > 0) setImmediate(wait, turns - 1);
    else if (parts.length === 1) fsWrite(fd, parts[0]!, 0, parts[0]!.byteLength, position, written);
    else writev(fd, parts, position, written);
  };
  wait(4);
};

const slabs: [string, SlabPoolOptions][] = [
  ['tiny', { maxBytes: 40_000, largeSlabBytes: 1_777, smallSlabBytes: 1_777, manyTransfers: 2, keptBytes: 0 }],
  ['middling', { maxBytes: 1_000_000, largeSlabBytes: 65_536, smallSlabBytes: 30_000, manyTransfers: 2, keptBytes: 0 }],
  [
    'huge',
    { maxBytes: 64_000_000, largeSlabBytes: 16_000_000, smallSlabBytes: 16_000_000, manyTransfers: 2, keptBytes: 0 },
  ],
  ['too few', { maxBytes: 131_072, largeSlabBytes: 65_536, smallSlabBytes: 65_536, manyTransfers: 2, keptBytes: 0 }],
];

describe('Http1Source: byte identity', { timeout: 60_000 }, () => {
  let folder: string;
  let authority: Authority;
  let plain: Origin;
  let secure: Origin;
  let source: Http1Source;
  const whenClean = leakCheck();
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'longhaul-bytes-'));
    authority = new Authority();
    plain = await Origin.listen(handler);
    secure = await Origin.listen(handler, authority.leaf('good', 'IP:127.0.0.1', '20200101000000Z', '20990101000000Z'));
    source = new Http1Source(defaults, { ca: authority.ca, fallback: new HttpSource(defaults) });
  });
  after(async () => {
    source[Symbol.dispose]();
    await Promise.all([plain, secure].map(origin => origin[Symbol.asyncDispose]()));
    for (const each of [folder, authority.folder]) rmSync(each, { recursive: true, force: true });
    await whenClean();
  });

  async function download(url: string, name: string, pool: SlabPool, write: WriteParts | undefined): Promise<void> {
    const path = join(folder, name);
    const response = await source.open({
      url: new URL(url),
      headers: [],
      range: null,
      signal: new AbortController().signal,
    });
    await using file = await open(path, 'w');
    using sink = new FileSink(file.fd, 0, pool, write);
    // Checkpoints at any moment: the kernel holds room of the slab meanwhile.
    const timer = setInterval(() => sink.submit(), 1);
    try {
      await response.pour(sink);
    } finally {
      clearInterval(timer);
    }
    assert.equal(await sink.flush(), size);
    assert.equal(sha256(readFileSync(path)), sha256(bodies.get(name)!), `${name} is as it was sent`);
  }

  for (const scheme of ['http', 'https']) {
    for (const framing of ['length', 'close', 'chunked-100', 'chunked-60000']) {
      for (const [slab, options] of slabs) {
        for (const [disk, write] of [
          ['fast', undefined],
          ['slow', slowDisk],
        ] as const) {
          test(`${scheme}, ${framing}, ${slab} slabs, a ${disk} disk`, async () => {
            const pool = new SlabPool(options);
            const origin = scheme === 'http' ? plain : secure;
            await Promise.all(
              [...bodies.keys()].map(name => download(origin.url(`/${framing}/${name}`), name, pool, write)),
            );
            assert.equal(pool.usedBytes, 0, 'every slab was given back');
          });
        }
      }
    }
  }
});
