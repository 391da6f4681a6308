import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunLog } from './run-log.ts';

const add = (log: RunLog, text: string) => log.add(Buffer.from(text));

test('what fits is kept as it came', () => {
  const log = new RunLog(20);
  add(log, 'one\n');
  add(log, 'two\n');
  add(log, '0123456789');
  assert.equal(log.text, 'one\ntwo\n0123456789');
});

test('of more, the beginning and the end are kept, and how much is missing', () => {
  const log = new RunLog(20);
  for (let at = 0; at < 1_000; at++) add(log, `${at % 10}`);
  assert.equal(log.text, '0123456789\n[longhaul] 980 bytes are left out here\n0123456789');
  const atOnce = new RunLog(20);
  add(atOnce, `${'a'.repeat(10)}${'b'.repeat(500)}${'c'.repeat(10)}`);
  assert.equal(atOnce.text, `aaaaaaaaaa\n[longhaul] 500 bytes are left out here\ncccccccccc`);
});

test('a note of ours begins on a line of its own', () => {
  const log = new RunLog(1_000);
  add(log, 'no end of line');
  log.note('first');
  log.note('second');
  assert.equal(log.text, 'no end of line\n[longhaul] first\n[longhaul] second\n');
});
