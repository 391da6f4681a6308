// Broken, cut and mixed answers into the parser. The oracle: stretches that go forward, or our error, never anything else;
// the same however the bytes are cut; and where Node's own client takes the same bytes, the same body.
// LONGHAUL_SEED repeats a run, LONGHAUL_FUZZ_MS makes it longer.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { LonghaulError } from '@longhaul/agent-protocol';
import { type SeededRandom, seededRandom } from '@longhaul/testing';
import { parserLimits } from '../../src/transfers/http1/options.ts';
import { ResponseParser } from '../../src/transfers/http1/response-parser.ts';

const forMs = Number(process.env.LONGHAUL_FUZZ_MS ?? 2_000);
const limits = { ...parserLimits, maxHeadBytes: 2_000, maxLineBytes: 300, maxFields: 20, maxTrailerBytes: 300 };

interface Verdict {
  readonly status: number | undefined;
  readonly framing: string | undefined;
  readonly body: string;
  readonly isComplete: boolean;
  readonly isRefused: boolean;
}

function ours(pieces: readonly Buffer[]): Verdict {
  const parser = new ResponseParser(limits);
  const body: Buffer[] = [];
  let isRefused = false;
  try {
    for (const piece of pieces) {
      const copy = Buffer.from(piece);
      for (let at = 0; at < copy.length && !parser.isComplete && parser.framing?.kind !== 'coded'; ) {
        const { to, isBody } = parser.read(copy, at, copy.length);
        assert.ok(to > at && to <= copy.length, `forward and inside: ${at} to ${to} of ${copy.length}`);
        if (isBody) body.push(copy.subarray(at, to));
        at = to;
      }
      assert.deepEqual(copy, piece, 'what it looked at is as it was');
    }
  } catch (error) {
    if (!(error instanceof LonghaulError)) throw error;
    assert.equal(error.data?.webErrorStatus, 'error-http-invalid-server-response');
    isRefused = true;
  }
  if (!isRefused) parser.end();
  return {
    status: parser.head?.status,
    framing: parser.framing?.kind,
    body: Buffer.concat(body).toString('latin1'),
    isComplete: parser.isComplete,
    isRefused,
  };
}

/** Node's client over a stream that says exactly these bytes. `undefined`: it refused or found it incomplete. */
function theirs(bytes: Buffer): Promise<{ status: number; body: string } | undefined> {
  const wire = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const { promise, resolve } = Promise.withResolvers<{ status: number; body: string } | undefined>();
  const sent = request({ createConnection: () => wire, path: '/' });
  sent.on('error', () => resolve(undefined));
  sent.on('close', () => resolve(undefined));
  sent.on('response', message => {
    let body = '';
    message.setEncoding('latin1').on('data', text => {
      body += text;
    });
    message.on('error', () => resolve(undefined));
    message.on('end', () => resolve(message.complete ? { status: message.statusCode!, body } : undefined));
  });
  sent.once('finish', () => {
    wire.push(bytes);
    wire.push(null);
  });
  sent.end();
  return promise;
}

const statusLines = [
  'HTTP/1.1 200 OK',
  'HTTP/1.1 206 Partial',
  'HTTP/1.0 200 OK',
  'HTTP/1.1 204 x',
  'HTTP/1.1 304 x',
  'HTTP/1.1 404',
];
const oddFields = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Content-Length: 3',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Connection: close',
  'Keep-Alive: timeout=5',
  'X : y',
  ' folded',
  'X: a\0b',
  'X: a\rb',
  'nothing',
  `Long: ${'x'.repeat(280)}`,
];

function answer(random: SeededRandom): Buffer {
  const body = random.bytes(random.below(random.pick([2, 20, 400])));
  const parts: (string | Buffer)[] = [];
  for (let count = random.below(8) - 5; count > 0; count -= 1) parts.push('HTTP/1.1 103 Early\r\nLink: x\r\n\r\n');
  parts.push(random.pick(statusLines), '\r\n');
  for (let count = random.below(3); count > 0; count -= 1) parts.push('ETag: "x"\r\n');
  if (random.below(3) === 0) parts.push(random.pick(oddFields), '\r\n');
  const framing = random.below(3);
  if (framing === 0) parts.push(`Content-Length: ${body.length + (random.below(20) === 0 ? 1 : 0)}\r\n\r\n`, body);
  else if (framing === 1) parts.push('\r\n', body);
  else {
    parts.push('Transfer-Encoding: chunked\r\n\r\n');
    for (let at = 0; at < body.length; ) {
      const size = Math.min(body.length - at, 1 + random.below(50));
      const extension = random.below(4) === 0 ? ';name="value"' : '';
      parts.push(`${size.toString(16)}${extension}\r\n`, body.subarray(at, at + size), '\r\n');
      at += size;
    }
    parts.push('0\r\n', random.below(3) === 0 ? 'Trailer: x\r\n' : '', '\r\n');
  }
  if (random.below(8) === 0) parts.push('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden');
  return Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

const telling = ['\r', '\n', '\r\n', ':', ' ', '\t', '\0', ';', '0', 'f', '-', '\x7f', '\xff', 'chunked'];

function damaged(bytes: Buffer, random: SeededRandom): Buffer {
  let result = bytes;
  for (let count = random.below(4); count > 0; count -= 1) {
    const at = random.below(result.length + 1);
    const insert = Buffer.from(random.pick(telling), 'latin1');
    const gone = random.pick([0, 0, 1, 2, 30]);
    result = Buffer.concat([
      result.subarray(0, at),
      random.below(2) === 0 ? insert : Buffer.alloc(0),
      result.subarray(at + gone),
    ]);
  }
  return result;
}

function cut(bytes: Buffer, random: SeededRandom): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(random.pick([1, 5, 100, 1_000]));
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

test('any bytes: an answer or our refusal, the same however they are cut, never against Node', async () => {
  const random = seededRandom();
  process.stderr.write(`http1 parser fuzz: LONGHAUL_SEED=${random.seed}\n`);
  const until = performance.now() + forMs;
  const counts = { rounds: 0, complete: 0, refused: 0, compared: 0 };
  while (performance.now() < until) {
    const bytes = damaged(answer(random), random);
    const what = () => `seed ${random.seed}, round ${counts.rounds}: ${JSON.stringify(bytes.toString('latin1'))}`;
    const whole = ours([bytes]);
    assert.deepEqual(ours(cut(bytes, random)), whole, what());
    counts.rounds += 1;
    if (whole.isRefused) counts.refused += 1;
    if (whole.isComplete) counts.complete += 1;
    // Where both take it, both must have the same file. (Each may refuse what the other takes.)
    // Node does not take a tab off the coding's name, as RFC 9110, 5.5 says; it then has the chunks in the file.
    const isKnownToDiffer = /^transfer-encoding:[^\r]*\t/im.test(bytes.toString('latin1'));
    if (whole.isComplete && !isKnownToDiffer && counts.rounds % 5 === 0) {
      const node = await theirs(bytes);
      if (node === undefined) continue;
      counts.compared += 1;
      assert.deepEqual({ status: whole.status, body: whole.body }, node, what());
    }
  }
  assert.ok(counts.complete > 50 && counts.refused > 50 && counts.compared > 10, JSON.stringify(counts));
});
