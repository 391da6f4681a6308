import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatDuration, formatPercent, formatRate, fraction, timeLeftMs } from './units.ts';

test('sizes have three digits and say that they are powers of 1024', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [1536, '1.50 KiB'],
    [12.34 * 1024 * 1024, '12.3 MiB'],
    [512 * 1024 * 1024, '512 MiB'],
    [1023.9 * 1024, '1.00 MiB'],
    [3 * 1024 ** 4, '3.00 TiB'],
    [-1, '0 B'],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
  assert.equal(formatRate(2048), '2.00 KiB/s');
});

test('times name at most two units', () => {
  assert.equal(formatDuration(0), '0s');
  assert.equal(formatDuration(59_400), '59s');
  assert.equal(formatDuration(185_000), '3m 05s');
  assert.equal(formatDuration(7_800_000), '2h 10m');
  assert.equal(formatDuration(97 * 3_600_000), '4d 01h');
});

test('the time left is known only with a total and a rate', () => {
  assert.equal(timeLeftMs(50, 100, 25), 2000);
  assert.equal(timeLeftMs(50, 0, 25), undefined);
  assert.equal(timeLeftMs(50, 100, 0), undefined);
});

test('percents are rounded down, so that 100% means all of it', () => {
  assert.equal(formatPercent(fraction(999, 1000)), '99%');
  assert.equal(formatPercent(fraction(1000, 1000)), '100%');
  assert.equal(formatPercent(fraction(5, 0)), '');
});
