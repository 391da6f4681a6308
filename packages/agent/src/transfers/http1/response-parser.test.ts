// The parser by table: each answer whole, cut at every byte, byte by byte and with bytes behind it; each fault by its name.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LonghaulError } from '@longhaul/agent-protocol';
import { byteSplits } from '@longhaul/testing';
import { parserLimits } from './options.ts';
import { ResponseParser } from './response-parser.ts';

interface Seen {
  status: number | undefined;
  fields: readonly (readonly [string, string])[];
  framing: string | undefined;
  body: string;
  trailers: readonly (readonly [string, string])[];
  isComplete: boolean;
  isKept: boolean;
  leftover: string;
}

function parse(pieces: readonly Buffer[], limits = parserLimits, hasEnded = false): Seen {
  const parser = new ResponseParser(limits);
  let body = '';
  let leftover = '';
  for (const piece of pieces) {
    // Somewhere inside a larger buffer, as in a slab.
    const bytes = Buffer.concat([Buffer.from('\r\nxx'), piece, Buffer.from('0\r\n\r\n')]);
    let at = 4;
    const to = 4 + piece.byteLength;
    while (at < to && !parser.isComplete) {
      const stretch = parser.read(bytes, at, to);
      assert.ok(stretch.to > at && stretch.to <= to, 'it goes forward and stays inside');
      if (stretch.isBody) body += bytes.toString('latin1', at, stretch.to);
      at = stretch.to;
    }
    leftover += bytes.toString('latin1', at, to);
  }
  if (hasEnded) parser.end();
  return {
    status: parser.head?.status,
    fields: parser.head?.fields ?? [],
    framing: parser.framing?.kind,
    body,
    trailers: parser.trailers,
    isComplete: parser.isComplete,
    isKept: parser.isKept,
    leftover,
  };
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1');

/** The same however it is cut. */
function parseAllWays(text: string, limits = parserLimits, hasEnded = false): Seen {
  const whole = parse([bytesOf(text)], limits, hasEnded);
  for (const pieces of byteSplits(bytesOf(text))) assert.deepEqual(parse(pieces, limits, hasEnded), whole);
  return whole;
}

const refusal = (pieces: readonly Buffer[], limits = parserLimits): string => {
  try {
    parse(pieces, limits);
  } catch (error) {
    assert.ok(error instanceof LonghaulError, String(error));
    assert.deepEqual([error.code, error.data?.webErrorStatus], ['web-error', 'error-http-invalid-server-response']);
    return error.message;
  }
  return 'accepted';
};

function assertRefused(text: string, why: RegExp, limits = parserLimits): void {
  for (const pieces of byteSplits(bytesOf(text))) assert.match(refusal(pieces, limits), why);
}

const ok = 'HTTP/1.1 200 OK\r\n';

describe('an answer', () => {
  test('with a Content-Length is complete with its last byte; what follows is not its own', () => {
    const seen = parseAllWays(`${ok}Content-Length: 5\r\nETag: "x"\r\n\r\nhelloHTTP/1.1 200`);
    assert.deepEqual(
      [seen.status, seen.framing, seen.body, seen.isComplete, seen.isKept, seen.leftover],
      [200, 'length', 'hello', true, true, 'HTTP/1.1 200'],
    );
    assert.deepEqual(seen.fields, [
      ['Content-Length', '5'],
      ['ETag', '"x"'],
    ]);
  });

  test('without any framing goes on to the end of the connection', () => {
    const text = `${ok}\r\nall of this`;
    assert.deepEqual([parseAllWays(text).isComplete, parseAllWays(text).framing], [false, 'close']);
    const ended = parseAllWays(text, parserLimits, true);
    assert.deepEqual([ended.isComplete, ended.isKept, ended.body], [true, false, 'all of this']);
  });

  test('in chunks: sizes in any case, leading zeros, extensions, trailers', () => {
    const chunks = '5;a=b;c="d e"\r\nhello\r\n00A \t;x\r\n, wonderfu\r\n'.replace(' \t;', ';');
    const seen = parseAllWays(`${ok}Transfer-Encoding: Chunked\r\n\r\n${chunks}1\r\nl\r\n0\r\nDigest: z\r\n\r\n!`);
    assert.deepEqual(
      [seen.framing, seen.body, seen.isComplete, seen.isKept, seen.leftover],
      ['chunked', 'hello, wonderful', true, true, '!'],
    );
    assert.deepEqual(seen.trailers, [['Digest', 'z']]);
  });

  test('that was cut short is not complete', () => {
    for (const text of [
      `${ok}Content-Length: 5\r\n\r\nhell`,
      `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`,
      `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
      `${ok}Content-Le`,
      'HTTP/1.1 20',
    ]) {
      assert.equal(parseAllWays(text, parserLimits, true).isComplete, false, text);
    }
  });

  for (const status of [204, 304]) {
    test(`${status} has no body whatever its fields say`, () => {
      const seen = parseAllWays(`HTTP/1.1 ${status} x\r\nContent-Length: 5\r\n\r\nhello`);
      assert.deepEqual([seen.status, seen.body, seen.isComplete, seen.leftover], [status, '', true, 'hello']);
    });
  }

  test('comes after any interim ones', () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n';
    const seen = parseAllWays(`${interim}${ok}Content-Length: 2\r\n\r\nhi`);
    assert.deepEqual([seen.status, seen.fields, seen.body], [200, [['Content-Length', '2']], 'hi']);
  });

  test('may have no reason, odd reasons, empty values, obs-text, spaces around values', () => {
    const seen = parseAllWays('HTTP/1.1 200\r\nA:\r\nB: \t b c\t \r\nC: \xe9\r\nContent-Length: 0\r\n\r\n');
    assert.deepEqual(seen.fields.slice(0, 3), [
      ['A', ''],
      ['B', 'b c'],
      ['C', '\xe9'],
    ]);
    assert.equal(parseAllWays('HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n').status, 404);
  });

  test('with the same length twice has that length', () => {
    assert.equal(parseAllWays(`${ok}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`).body, 'hi');
  });

  for (const [what, fields, isKept] of [
    ['HTTP/1.1', `${ok}`, true],
    ['HTTP/1.1 with Connection: close', `${ok}Connection: x, Close\r\n`, false],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n', false],
  ] as const) {
    test(`of ${what} ${isKept ? 'keeps' : 'does not keep'} its connection`, () => {
      assert.equal(parseAllWays(`${fields}Content-Length: 0\r\n\r\n`).isKept, isKept);
    });
  }

  test('tells how long its server waits', () => {
    const parser = new ResponseParser(parserLimits);
    const bytes = bytesOf(`${ok}Keep-Alive: max=3, timeout=5\r\nContent-Length: 0\r\n\r\n`);
    for (let at = 0; at < bytes.length; ) at = parser.read(bytes, at, bytes.length).to;
    assert.equal(parser.idleMs, 5_000);
  });

  test('with a transfer coding beside chunked is left alone after its head', () => {
    for (const coding of ['gzip, chunked', 'gzip', 'identity']) {
      const parser = new ResponseParser(parserLimits);
      const bytes = bytesOf(`${ok}Transfer-Encoding: ${coding}\r\n\r\n`);
      for (let at = 0; at < bytes.length; ) at = parser.read(bytes, at, bytes.length).to;
      assert.deepEqual([parser.framing?.kind, parser.isComplete], ['coded', false]);
    }
  });
});

describe('refused', () => {
  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
  const cases: [string, string, RegExp][] = [
    ['another protocol, before its line ends', 'SSH-2.0', /begins with something else/],
    ['HTTP/2', 'HTTP/2 200 OK\r\n', /begins with something else/],
    ['HTTP/1 without a minor version', 'HTTP/1. 200 OK\r\n', /status line/],
    ['an empty line first', '\r\nHTTP/1.1 200 OK\r\n', /begins with something else|status line/],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n', /status line/],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n', /status line/],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n', /no status/],
    ['a status line with NUL', 'HTTP/1.1 200 O\0K\r\n', /status line/],
    ['101', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n', /switches/],
    ['a status line with LF alone', 'HTTP/1.1 200 OK\n', /LF alone/],
    ['a field with LF alone', `${ok}A: b\n\r\n`, /LF alone/],
    ['an end with LF alone', `${ok}A: b\r\n\n`, /LF alone/],
    ['a bare CR in a value', `${ok}A: b\rc\r\n`, /characters/],
    ['NUL in a value', `${ok}A: b\0c\r\n`, /characters/],
    ['DEL in a value', `${ok}A: b\x7fc\r\n`, /characters/],
    ['NUL in a name', `${ok}A\0: b\r\n`, /token/],
    ['a space before the colon', `${ok}Content-Length : 5\r\n`, /token/],
    ['a tab before the colon', `${ok}Content-Length\t: 5\r\n`, /token/],
    ['a folded field', `${ok}A: b\r\n c\r\n`, /folded/],
    ['a fold with a tab', `${ok}A: b\r\n\tc\r\n`, /folded/],
    ['a fold right after the status line', `${ok} A: b\r\n`, /folded/],
    ['a line without a colon', `${ok}hello\r\n`, /no colon/],
    ['an empty name', `${ok}: b\r\n`, /token/],
    ['both framings', `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, /both/],
    ['both framings the other way', `${ok}Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n`, /both/],
    ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', /HTTP\/1.0/],
    ['chunked twice', `${ok}Transfer-Encoding: chunked, chunked\r\n\r\n`, /last transfer coding/],
    ['chunked on two lines', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, /last transfer/],
    ['chunked not last', `${ok}Transfer-Encoding: chunked, gzip\r\n\r\n`, /last transfer coding/],
    ['two lengths', `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, /differ/],
    ['two lengths on a line', `${ok}Content-Length: 5, 5\r\n\r\n`, /no length/],
    ['a negative length', `${ok}Content-Length: -5\r\n\r\n`, /no length/],
    ['a signed length', `${ok}Content-Length: +5\r\n\r\n`, /no length/],
    ['a hexadecimal length', `${ok}Content-Length: 0x5\r\n\r\n`, /no length/],
    ['an empty length', `${ok}Content-Length:\r\n\r\n`, /no length/],
    ['a huge length', `${ok}Content-Length: 1000000000000000\r\n\r\n`, /no length/],
    ['a missing chunk size', `${chunked}\r\n`, /missing/],
    ['a negative chunk size', `${chunked}-5\r\n`, /missing/],
    ['a prefixed chunk size', `${chunked}0x5\r\n`, /not hexadecimal/],
    ['a chunk size with a space', `${chunked}5 \r\n`, /not hexadecimal/],
    ['a chunk size beyond exact numbers', `${chunked}20000000000000\r\n`, /too large/],
    ['a chunk size that would wrap', `${chunked}10000000000000005\r\n`, /too large/],
    ['endless zeros', `${chunked}00000000000000000`, /too large/],
    ['a chunk size with LF alone', `${chunked}5\n`, /not hexadecimal/],
    ['CR without LF after a size', `${chunked}5\rh`, /CR without LF/],
    ['a chunk longer than its size', `${chunked}5\r\nhello!`, /where its size says/],
    ['CR without LF after a chunk', `${chunked}5\r\nhello\r!`, /CR without LF/],
    ['a control character in an extension', `${chunked}5;a=\0\r\n`, /control character/],
    ['LF in an extension', `${chunked}5;a\n`, /control character/],
    ['a bad trailer', `${chunked}0\r\nA : b\r\n`, /token/],
    ['a trailer with LF alone', `${chunked}0\r\n\n`, /LF alone/],
  ];
  for (const [what, text, why] of cases) test(what, () => assertRefused(text, why));

  test('and refused again, whatever follows', () => {
    const parser = new ResponseParser(parserLimits);
    assert.throws(() => parser.read(bytesOf('nonsense'), 0, 8), /something else/);
    assert.throws(() => parser.read(bytesOf(ok), 0, ok.length), /something else/);
    assert.equal(parser.end(), false);
  });
});

describe('limits', () => {
  const limits = {
    maxHeadBytes: 100,
    maxLineBytes: 40,
    maxFields: 3,
    maxInterimAnswers: 2,
    maxChunkSizeDigits: 4,
    maxChunkExtensionBytes: 10,
    maxTrailerBytes: 30,
  };
  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
  const interim = 'HTTP/1.1 103 x\r\n\r\n';
  const cases: [string, string, string, RegExp][] = [
    [
      'a head',
      `${ok}A: ${'a'.repeat(35)}\r\nB: ${'b'.repeat(36)}\r\n\r\n`,
      `${ok}A: ${'a'.repeat(36)}\r\nB: ${'b'.repeat(36)}\r\n\r\n`,
      /more than 83 bytes/,
    ],
    ['a status line', `HTTP/1.1 200 ${'x'.repeat(27)}\r\n`, `HTTP/1.1 200 ${'x'.repeat(28)}\r\n`, /longer than 40/],
    ['a line', `${ok}A: ${'a'.repeat(37)}\r\n`, `${ok}A: ${'a'.repeat(38)}\r\n`, /longer than 40/],
    ['a line without end', `${ok}A: ${'a'.repeat(38)}`, `${ok}A: ${'a'.repeat(39)}`, /longer than 40/],
    ['the number of fields', `${ok}A:\r\nB:\r\nC:\r\n\r\n`, `${ok}A:\r\nB:\r\nC:\r\nD:\r\n\r\n`, /more than 3 fields/],
    ['interim answers', `${interim.repeat(2)}`, `${interim.repeat(3)}`, /more than 2 interim/],
    ['digits of a chunk size', `${chunked}0001\r\n`, `${chunked}00001\r\n`, /too large/],
    ['a chunk extension', `${chunked}1;123456789\r\n`, `${chunked}1;12345678901\r\n`, /longer than 10/],
    [
      'trailers',
      `${chunked}0\r\nA: ${'a'.repeat(23)}\r\n\r\n`,
      `${chunked}0\r\nA: ${'a'.repeat(24)}\r\n\r\n`,
      /more than 30/,
    ],
  ];
  for (const [what, allowed, refused, why] of cases) {
    test(`${what}: the last one within is taken, the first one beyond is refused`, () => {
      parseAllWays(allowed, limits);
      assertRefused(refused, why, limits);
    });
  }

  test('endless input of any kind is refused after a bounded number of bytes', () => {
    for (const [start, more] of [
      ['HTTP/1.1 200 ', 'x'],
      [ok, 'a'],
      [ok, 'A:\r\n'],
      ['', interim],
      [chunked, '0'],
      [`${chunked}1;`, 'x'],
      [`${chunked}0\r\n`, 'A:\r\n'],
    ] as const) {
      assert.notEqual(refusal([bytesOf(start + more.repeat(1_000))], limits), 'accepted', start + more);
    }
  });
});
