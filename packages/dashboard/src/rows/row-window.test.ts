import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, rowsBetween, segmentsOf, topsOf } from './row-window.ts';

const ids = Array.from({ length: 10 }, (_, index) => `row-${index}`);
const tops = topsOf(ids, new Map([['row-1', 50]]), 100);

test('rows take their measured height, the others the usual one', () => {
  assert.deepEqual([...tops.slice(0, 4)], [0, 100, 150, 250]);
  assert.equal(tops[10], 950);
});

test('the rows in sight are those that touch it', () => {
  assert.deepEqual(rowsBetween(tops, 0, 90), { first: 0, end: 1 });
  assert.deepEqual(rowsBetween(tops, 120, 260), { first: 1, end: 4 });
  assert.deepEqual(rowsBetween(tops, -500, 10_000), { first: 0, end: 10 });
  assert.deepEqual(rowsBetween(tops, 900, 2_000), { first: 9, end: 10 });
});

test('a group above or below what is in sight makes no rows', () => {
  assert.deepEqual(rowsBetween(tops, -200, -1), { first: 0, end: 0 });
  assert.deepEqual(rowsBetween(tops, 950, 1_200), { first: 0, end: 0 });
  assert.deepEqual(rowsBetween(topsOf([], new Map(), 100), 0, 100), { first: 0, end: 0 });
});

test('rows and gaps together are always as tall as all rows', () => {
  for (const range of [
    { first: 0, end: 0 },
    { first: 0, end: 3 },
    { first: 4, end: 7 },
    { first: 8, end: 10 },
    { first: 0, end: 99 },
  ]) {
    for (const kept of [[], [0], [9], [2, 5], [-1, 40]]) {
      const height = segmentsOf(tops, range, kept).reduce(
        (sum, segment) =>
          sum + (segment.type === 'gap' ? segment.heightPx : tops[segment.index + 1]! - tops[segment.index]!),
        0,
      );
      assert.equal(height, 950);
    }
  }
});

test('a kept row stands at its place between two gaps', () => {
  const segments = segmentsOf(tops, { first: 0, end: 2 }, [6, 1]);
  assert.deepEqual(segments, [
    { type: 'row', index: 0 },
    { type: 'row', index: 1 },
    { type: 'gap', before: 6, heightPx: 400 },
    { type: 'row', index: 6 },
    { type: 'gap', before: 10, heightPx: 300 },
  ]);
});

test('what is made is kept while it covers what is wanted', () => {
  assert.ok(covers({ first: 2, end: 8 }, { first: 2, end: 5 }));
  assert.ok(covers({ first: 2, end: 8 }, { first: 0, end: 0 }));
  assert.ok(!covers({ first: 2, end: 8 }, { first: 1, end: 5 }));
});
