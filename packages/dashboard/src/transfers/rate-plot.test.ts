import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MiB } from '../../test/fixtures/transfer-records.ts';
import { plotHeight, plotOf } from './rate-plot.ts';

test('the newest second stands at the right, the highest fits under a round number', () => {
  const plot = plotOf([0, 5 * MiB, 15 * MiB], null);
  assert.equal(plot?.line, '575,100 585,66.7 595,0');
  assert.equal(plot?.area, '575,100 575,100 585,66.7 595,0 595,100');
  assert.equal(plot?.top, '15 MiB/s');
  assert.deepEqual(plot?.seconds.at(-1), { x: 590, words: '15.0 MiB/s, 1 s ago' });
  assert.equal(plot?.words, '6.7 MiB/s on average in 3 s, 15.0 MiB/s at its peak');
});

test('sixty seconds fill the width', () => {
  const plot = plotOf(new Array(60).fill(700 * MiB), null);
  assert.equal(plot?.seconds[0]?.x, 0);
  assert.equal(plot?.top, '800 MiB/s');
  assert.ok(plot?.line.startsWith('5,'));
  assert.equal(plot?.words, '700 MiB/s on average, 700 MiB/s at its peak');
  assert.equal(plotOf([900 * MiB], null)?.top, '1 GiB/s');
  assert.equal(plotOf([1], null)?.top, '1 B/s');
});

test("the transfer's own limit is drawn where it can be near, and always lies inside", () => {
  assert.deepEqual(plotOf([MiB], 2 * MiB)?.limit, { y: 0, words: 'limit 2 MiB/s' });
  assert.equal(plotOf([MiB], MiB)?.limit?.y, 0);
  assert.equal(plotOf([10 * MiB], 5 * MiB)?.limit?.y, plotHeight / 2);
  assert.equal(plotOf([MiB], 50 * MiB)?.limit, null);
});

test('where nothing came there is nothing to see', () => {
  assert.equal(plotOf([], null), null);
  assert.equal(plotOf([0, 0], MiB), null);
});
