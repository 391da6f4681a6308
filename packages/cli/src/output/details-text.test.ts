import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '@longhaul/testing/transfer-record';
import { attemptsText, detailsFacts, drawRanges, rateText } from './details-text.ts';

const kibibyte = 1024;
const record = transferRecord({ status: 'running', totalBytesToReceive: 40 * kibibyte });
const details = (ranges: { offset: number; length: number }[]) => ({
  id: record.id,
  ranges,
  attempts: [],
  rateHistory: [],
});

test('parts are drawn to scale: here, partly here, missing', () => {
  const drawn = drawRanges(
    [
      { offset: 0, length: 10 * kibibyte },
      { offset: 20 * kibibyte, length: kibibyte / 2 },
    ],
    40 * kibibyte,
  );
  assert.equal(drawn, `${'█'.repeat(10)}${'░'.repeat(10)}▒${'░'.repeat(19)}`);
  assert.equal(drawRanges([{ offset: 0, length: 7 }], 7), '█'.repeat(40), 'also where a cell is less than a byte');
  assert.equal(drawRanges([{ offset: 999, length: 1 }], 1_000), `${'░'.repeat(39)}▒`);
});

test('one part from the beginning needs no drawing; of many parts the first are named and the others counted', () => {
  const values = (ranges: { offset: number; length: number }[]) =>
    detailsFacts(record, details(ranges)).map(([, value]) => value);
  assert.deepEqual(values([{ offset: 0, length: 9 }]), [undefined, undefined, undefined]);
  const many = Array.from({ length: 8 }, (_, index) => ({ offset: index * 2 * kibibyte, length: kibibyte }));
  assert.match(values(many)[1] ?? '', /^0 B to 1\.00 KiB, 2\.00 KiB to 3\.00 KiB, .* and 2 more$/);
});

test('every second of the last minute has a column as high as its rate', () => {
  assert.equal(rateText([0, kibibyte, 8 * kibibyte]), ' ▁█▏ 3.00 KiB/s on average, 8.00 KiB/s at its peak');
  assert.equal(rateText([0, 0]), undefined);
  assert.equal(rateText([]), undefined);
});

test('failed attempts are lines with their moment, their words and their codes, without what a terminal would obey', () => {
  const error = { code: 'web-error', message: 'said \u001b[31m503', webErrorStatus: 'http-503' as const };
  assert.deepEqual(attemptsText([{ at: 0, error }]), [
    'Failed attempts since the agent started:',
    '  1970-01-01T00:00:00.000Z  said \ufffd[31m503 [web-error, http-503]',
  ]);
  assert.deepEqual(attemptsText([]), []);
});
