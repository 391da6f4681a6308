import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ResponseHead } from './response-head.ts';
import { type Held, isAllHere, judge, planRange, type RangeAsk } from './resume.ts';

const held: Held = { offset: 40, ranges: [], validator: '"a"', total: 100 };
const asked: RangeAsk = { from: 40, to: undefined, ifRange: '"a"' };
const judged = (status: number, fields: Record<string, string>, have = held, range: RangeAsk | null = asked) =>
  judge(new ResponseHead(status, Object.entries(fields)), have, range, 0);

test('a range is asked for only when there is something to continue and a strong validator for it', () => {
  assert.deepEqual(planRange(held), asked);
  assert.equal(planRange({ ...held, validator: null }), null);
  assert.equal(planRange({ ...held, offset: 0 }), null);
});

test('where bytes lie behind a gap, the gap is asked for', () => {
  assert.deepEqual(planRange({ ...held, ranges: [[60, 70]] }), { ...asked, to: 60 });
  assert.deepEqual(planRange({ ...held, offset: 0, ranges: [[60, 70]] }), { ...asked, from: 0, to: 60 });
  assert.equal(planRange({ ...held, validator: null, ranges: [[60, 70]] }), null);
});

test('everything is here when all of a known and vouched-for size is', () => {
  assert.equal(isAllHere({ offset: 100, ranges: [], validator: '"a"', total: 100 }), true);
  assert.equal(isAllHere({ offset: 100, ranges: [], validator: null, total: 100 }), false);
  assert.equal(isAllHere({ offset: 100, ranges: [], validator: '"a"', total: null }), false);
  assert.equal(isAllHere({ offset: 0, ranges: [], validator: '"a"', total: 0 }), true);
});

describe('200', () => {
  test('is the file from its beginning, with what it tells of itself', () => {
    assert.deepEqual(judged(200, { 'content-length': '90', etag: '"b"' }), {
      kind: 'from-zero',
      facts: { total: 90, bodyBytes: 90, validator: '"b"', isResumable: true },
    });
  });
  test('without a length has no total; a transfer coding overrides the length (RFC 9112, 6.3)', () => {
    const unknown = { kind: 'from-zero', facts: { total: null, bodyBytes: null, validator: null, isResumable: false } };
    assert.deepEqual(judged(200, {}), unknown);
    assert.deepEqual(judged(200, { 'content-length': '5', 'transfer-encoding': 'chunked' }), unknown);
  });
  test('with Accept-Ranges: none cannot be continued later', () => {
    const verdict = judged(200, { etag: '"b"', 'accept-ranges': 'None' });
    assert.equal(verdict.kind === 'from-zero' && verdict.facts.isResumable, false);
  });
  test('with an unreadable length fails, to be tried again', () => {
    const verdict = judged(200, { 'content-length': '5, 6' });
    assert.deepEqual([verdict.kind, verdict.kind === 'fail' && verdict.isRetryable], ['fail', true]);
  });
});

describe('206', () => {
  const range = 'bytes 40-99/100';
  test('continues the very bytes we have', () => {
    assert.deepEqual(judged(206, { 'content-range': range, 'content-length': '60', etag: '"a"' }), {
      kind: 'continue',
      facts: { total: 100, bodyBytes: 60, validator: '"a"', isResumable: true },
    });
  });
  test('may leave the validator out, the size unknown, the part short', () => {
    const verdict = judged(206, { 'content-range': 'bytes 40-59/*' });
    assert.deepEqual(verdict.kind === 'continue' && verdict.facts, {
      total: 100,
      bodyBytes: 20,
      validator: '"a"',
      isResumable: true,
    });
  });
  const useless: [string, Record<string, string>][] = [
    ['without Content-Range', {}],
    ['of several ranges', { 'content-type': 'multipart/byteranges; boundary=x' }],
    ['that starts elsewhere', { 'content-range': 'bytes 41-99/100' }],
    ['that is unsatisfied', { 'content-range': 'bytes */100' }],
    ['of another size', { 'content-range': 'bytes 40-98/99' }],
    ['of changed bytes', { 'content-range': range, etag: '"b"' }],
    ['of weakly equal bytes', { 'content-range': range, etag: 'W/"a"' }],
    ['with a length that contradicts its range', { 'content-range': range, 'content-length': '59' }],
  ];
  for (const [what, fields] of useless)
    test(`${what} is not used`, () => assert.equal(judged(206, fields).kind, 'ask-again'));
  test('that nobody asked for fails', () =>
    assert.equal(judged(206, { 'content-range': range }, held, null).kind, 'fail'));
});

describe('416', () => {
  const size = { 'content-range': 'bytes */40' };
  test('of exactly what we have, unchanged: complete', () => {
    assert.deepEqual(judged(416, { ...size, etag: '"a"' }), { kind: 'complete', total: 40 });
  });
  for (const [what, fields] of [
    ['without a validator', size],
    ['of changed bytes', { ...size, etag: '"b"' }],
    ['of another size', { 'content-range': 'bytes */41', etag: '"a"' }],
    ['without a size', { etag: '"a"' }],
  ] as const) {
    test(`${what}: from the beginning`, () => assert.equal(judged(416, { ...fields }).kind, 'ask-again'));
  }
  test('where no range was asked for is an error', () => assert.equal(judged(416, size, held, null).kind, 'fail'));
});

describe('everything else fails', () => {
  const cases: [number, boolean][] = [
    [404, false],
    [403, false],
    [408, true],
    [429, true],
    [500, true],
    [501, false],
    [502, true],
    [503, true],
    [504, true],
    [204, false],
    [302, false],
  ];
  for (const [status, isRetryable] of cases) {
    test(`${status}, ${isRetryable ? 'tried again' : 'for good'}`, () => {
      const verdict = judged(status, {});
      assert.deepEqual([verdict.kind, verdict.kind === 'fail' && verdict.isRetryable], ['fail', isRetryable]);
    });
  }
  test('Retry-After counts for 429 and 503 only', () => {
    const waits = [429, 503, 500].map(status => {
      const verdict = judged(status, { 'retry-after': '7' });
      return verdict.kind === 'fail' && verdict.retryAfterMs;
    });
    assert.deepEqual(waits, [7_000, 7_000, null]);
  });
});
