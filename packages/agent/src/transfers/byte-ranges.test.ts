import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@longhaul/testing';
import {
  type ByteRange,
  behindPrefix,
  bytesIn,
  endOf,
  fromPrefix,
  gapsIn,
  prefixOf,
  withRange,
} from './byte-ranges.ts';

test('ranges that touch or overlap become one; an empty one adds nothing', () => {
  let ranges: ByteRange[] = [];
  for (const [from, to] of [
    [10, 20],
    [30, 40],
    [50, 60],
    [5, 5],
  ] as const)
    ranges = withRange(ranges, from, to);
  assert.deepEqual(ranges, [
    [10, 20],
    [30, 40],
    [50, 60],
  ]);
  assert.deepEqual(withRange(ranges, 20, 30), [
    [10, 40],
    [50, 60],
  ]);
  assert.deepEqual(withRange(ranges, 0, 10), [
    [0, 20],
    [30, 40],
    [50, 60],
  ]);
  assert.deepEqual(withRange(ranges, 15, 55), [[10, 60]]);
  assert.deepEqual(withRange(ranges, 70, 80), [...ranges, [70, 80]]);
});

test('gaps are what is missing up to the end, known or not', () => {
  assert.deepEqual(gapsIn([], 10), [[0, 10]]);
  assert.deepEqual(gapsIn([[0, 10]], 10), []);
  assert.deepEqual(
    gapsIn(
      [
        [2, 4],
        [6, 8],
      ],
      8,
    ),
    [
      [0, 2],
      [4, 6],
    ],
  );
  assert.deepEqual(
    gapsIn(
      [
        [0, 4],
        [6, 8],
      ],
      Number.POSITIVE_INFINITY,
    ),
    [
      [4, 6],
      [8, Number.POSITIVE_INFINITY],
    ],
  );
});

test('the prefix ends at the first missing byte', () => {
  assert.deepEqual(
    [
      prefixOf([]),
      prefixOf([[1, 5]]),
      prefixOf([
        [0, 5],
        [7, 9],
      ]),
    ],
    [0, 0, 5],
  );
  assert.deepEqual(
    [
      endOf([]),
      endOf([
        [0, 5],
        [7, 9],
      ]),
    ],
    [0, 9],
  );
  assert.deepEqual(
    [
      behindPrefix([]),
      behindPrefix([[1, 5]]),
      behindPrefix([
        [0, 5],
        [7, 9],
      ]),
    ],
    [[], [[1, 5]], [[7, 9]]],
  );
  assert.deepEqual(
    [fromPrefix(0, [[7, 9]]), fromPrefix(5, [[7, 9]])],
    [
      [[7, 9]],
      [
        [0, 5],
        [7, 9],
      ],
    ],
  );
});

test('whatever is added in whatever order, the ranges are in order, apart, and name exactly those bytes', () => {
  const random = seededRandom();
  for (let round = 0; round < 200; round += 1) {
    const bytes = new Set<number>();
    let ranges: ByteRange[] = [];
    for (let count = random.below(12); count > 0; count -= 1) {
      const from = random.below(40);
      const to = from + random.below(9);
      for (let byte = from; byte < to; byte += 1) bytes.add(byte);
      ranges = withRange(ranges, from, to);
    }
    const named = ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, index) => from + index));
    assert.deepEqual(
      named,
      [...bytes].sort((a, b) => a - b),
      `seed ${random.seed}`,
    );
    assert.equal(bytesIn(ranges), bytes.size);
    for (const [index, [from]] of ranges.entries()) if (index > 0) assert.ok(from > ranges[index - 1]![1]);
    const missing = gapsIn(ranges, 60).reduce((sum, [from, to]) => sum + to - from, 0);
    assert.equal(missing, 60 - bytes.size);
  }
});
