import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MiB, transferRecord } from '../../test/fixtures/transfer-records.ts';
import { stripOf } from './range-strip.ts';

const record = transferRecord({ totalBytesToReceive: 1_000 * MiB });
const range = (offset: number, length: number) => ({ offset: offset * MiB, length: length * MiB });

test('one part from the beginning is what a plain download has', () => {
  assert.deepEqual(stripOf(record, [range(0, 250)]), {
    parts: [{ from: 0, to: 250 }],
    isDrawn: true,
    words: 'the first 250 MiB of 1000 MiB',
  });
  assert.equal(stripOf({ ...record, status: 'canceled' }, []).words, 'nothing of 1000 MiB');
  assert.deepEqual(stripOf(record, []), { parts: [], isDrawn: true, words: 'nothing yet of 1000 MiB' });
});

test('several parts stand where they are, and the words say how many and how far it goes without a gap', () => {
  const { parts, words } = stripOf(record, [range(0, 100), range(500, 125.04), range(900, 100)]);
  assert.deepEqual(parts, [
    { from: 0, to: 100 },
    { from: 500, to: 625 },
    { from: 900, to: 1_000 },
  ]);
  assert.equal(words, '325 MiB of 1000 MiB in 3 parts, the first 100 MiB without a gap');
  assert.equal(stripOf(record, [range(10, 5)]).words, '5.0 MiB of 1000 MiB in 1 part');
});

test('a part too short to be seen is drawn long enough, never beyond the end, and two that would touch are one', () => {
  const tiny = { offset: 0, length: 1 };
  assert.deepEqual(stripOf(record, [tiny]).parts, [{ from: 0, to: 2 }]);
  assert.deepEqual(stripOf(record, [{ offset: 1_000 * MiB - 1, length: 1 }]).parts, [{ from: 998, to: 1_000 }]);
  const many = Array.from({ length: 1_000 }, (_, index) => ({ offset: index * MiB, length: 1 }));
  assert.deepEqual(stripOf(record, many).parts, [{ from: 0, to: 1_000 }]);
});

test('without a known length there is nothing to draw; a completed one is here as a whole', () => {
  const unknown = stripOf({ ...record, totalBytesToReceive: 0 }, [range(0, 3)]);
  assert.deepEqual([unknown.isDrawn, unknown.words], [false, 'the first 3.0 MiB of an unknown length']);
  const completed = stripOf({ ...record, totalBytesToReceive: 0, status: 'completed' }, [range(0, 3)]);
  assert.deepEqual(completed, { parts: [{ from: 0, to: 1_000 }], isDrawn: true, words: 'all 3.0 MiB' });
});
