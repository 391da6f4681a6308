import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ResponseHead } from './response-head.ts';
import { matchesValidator, parseContentLength, parseContentRange, rangeValidator, strongEtag } from './validators.ts';

const head = (fields: Record<string, string>) => new ResponseHead(200, Object.entries(fields));
const date = 'Thu, 01 Jan 2026 12:00:00 GMT';

describe('a strong entity tag', () => {
  for (const tag of ['"a"', '""', '"a b"'.replace(' ', '!'), '"W/x"', '"\xe4"'])
    test(`${tag} is one`, () => assert.equal(strongEtag(tag), tag));
  for (const tag of ['W/"a"', 'w/"a"', 'a', '"a', '"a"b', '"a b"', '"a"x"', undefined]) {
    test(`${tag} is none`, () => assert.equal(strongEtag(tag), null));
  }
});

describe('what If-Range may hold', () => {
  const cases: [string, Record<string, string>, string | null][] = [
    ['a strong ETag', { ETag: '"a"', 'Last-Modified': 'Wed, 31 Dec 2025 12:00:00 GMT', Date: date }, '"a"'],
    [
      'nothing beside a weak ETag',
      { ETag: 'W/"a"', 'Last-Modified': 'Wed, 31 Dec 2025 12:00:00 GMT', Date: date },
      null,
    ],
    [
      'an old Last-Modified',
      { 'Last-Modified': 'Wed, 31 Dec 2025 12:00:00 GMT', Date: date },
      'Wed, 31 Dec 2025 12:00:00 GMT',
    ],
    [
      'a Last-Modified exactly a minute old',
      { 'Last-Modified': 'Thu, 01 Jan 2026 11:59:00 GMT', Date: date },
      'Thu, 01 Jan 2026 11:59:00 GMT',
    ],
    ['no Last-Modified younger than that', { 'Last-Modified': 'Thu, 01 Jan 2026 11:59:01 GMT', Date: date }, null],
    ['no Last-Modified without a Date', { 'Last-Modified': 'Wed, 31 Dec 2025 12:00:00 GMT' }, null],
    ['no Last-Modified that is no date', { 'Last-Modified': 'yesterday', Date: date }, null],
    ['nothing where nothing is', {}, null],
  ];
  for (const [what, fields, expected] of cases) test(what, () => assert.equal(rangeValidator(head(fields)), expected));
});

test('an answer speaks of the same bytes, of others, or does not say', () => {
  assert.equal(matchesValidator(head({ etag: '"a"' }), '"a"'), true);
  assert.equal(matchesValidator(head({ etag: 'W/"a"' }), '"a"'), false);
  assert.equal(matchesValidator(head({ 'last-modified': date }), '"a"'), undefined);
  assert.equal(matchesValidator(head({ 'last-modified': date }), date), true);
});

describe('Content-Range', () => {
  const cases: [string | undefined, ReturnType<typeof parseContentRange>][] = [
    [undefined, undefined],
    ['bytes 0-9/10', { first: 0, last: 9, size: 10 }],
    ['Bytes 5-9/*', { first: 5, last: 9, size: null }],
    ['bytes */10', { first: null, last: null, size: 10 }],
    ['bytes */*', null],
    ['bytes 9-5/10', null],
    ['bytes 0-10/10', null],
    ['bytes=0-9/10', null],
    ['items 0-9/10', null],
    ['bytes 0-9', null],
    ['bytes -9/10', null],
    ['bytes 0-9/10, bytes 20-29/30', null],
    ['bytes 0-9999999999999999/99999999999999999', null],
  ];
  for (const [value, expected] of cases)
    test(String(value), () => assert.deepEqual(parseContentRange(value), expected));
});

test('Content-Length is digits or nothing to rely on', () => {
  assert.deepEqual(['10', '010', '', '-1', '1e3', '5, 6', '9999999999999999'].map(parseContentLength), [
    10,
    10,
    null,
    null,
    null,
    null,
    null,
  ]);
  assert.equal(parseContentLength(undefined), undefined);
});

test('fields are found in any case; equal lines are one value, different ones are joined', () => {
  const fields = ResponseHead.fromRaw(200, ['Content-Length', '5', 'content-length', '5', 'X', 'a', 'x', 'b']);
  assert.equal(fields.get('CONTENT-LENGTH'), '5');
  assert.equal(fields.get('x'), 'a, b');
  assert.equal(fields.get('y'), undefined);
});
