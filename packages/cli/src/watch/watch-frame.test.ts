import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '@longhaul/testing/transfer-record';
import stringWidth from 'string-width';
import { inOrder, totalsLine, watchFrame } from './watch-frame.ts';

const mebibyte = 1024 * 1024;
const plain = (_style: string, text: string) => text;
const named = (name: string, fields: Parameters<typeof transferRecord>[0]) =>
  transferRecord({ id: name, file: `/home/me/${name}`, ...fields });
const running = named('film.mp4', {
  status: 'running',
  bytesReceived: 512 * 1024,
  totalBytesToReceive: mebibyte,
  bytesPerSecond: 64 * 1024,
});
const failed = named('gone.iso', {
  status: 'error',
  finishedAt: 5,
  error: { code: 'web-error', message: 'the server answered 404', webErrorStatus: 'http-404' },
});
const completed = named('done.iso', {
  status: 'completed',
  finishedAt: 9,
  bytesReceived: mebibyte,
  totalBytesToReceive: mebibyte,
});
const waiting = named('later.iso', { status: 'idle', isStarted: true });
const all = [failed, completed, waiting, running];

test('a row has name, bar, percent, size, rate, time left and status, in columns that do not move', () => {
  assert.deepEqual(watchFrame(all, { columns: 81, rows: 24 }, plain), [
    'film.mp4          ██████░░░░░░   50%  1.00 MiB  64.0 KiB/s       8s  running',
    'later.iso         ············             0 B  waiting',
    'done.iso          ████████████  100%  1.00 MiB  completed',
    'gone.iso          ············             0 B  failed: the server answered 404',
    '1 running, 1 waiting, 1 completed, 1 failed · 64.0 KiB/s · 8s left',
  ]);
});

test('in a narrow window the rate and the time left stay whole, and the word gives way', () => {
  const frame = (columns: number) => watchFrame([running], { columns, rows: 24 }, plain)[0];
  assert.equal(frame(60), 'film.mp4  ████░░░░   50%  1.00 MiB  64.0 KiB/s       8s');
  assert.equal(frame(37), 'film.mp4   50%  64.0 KiB/s       8s');
  assert.equal(frame(20), 'film.mp4        50%');
});

test('running ones come first, ended ones last and the latest of them first', () => {
  assert.deepEqual(
    inOrder(all).map(({ id }) => id),
    ['film.mp4', 'later.iso', 'done.iso', 'gone.iso'],
  );
});

test('what has no room is counted, and the totals and the notice stay', () => {
  const many = Array.from({ length: 100 }, (_, index) => named(`${index}`, { status: 'idle' }));
  const lines = watchFrame([...many, running], { columns: 100, rows: 10, notice: 'away' }, plain);
  assert.equal(lines.length, 9, 'the cursor needs the tenth');
  assert.match(lines[0]!, /^film\.mp4/);
  assert.equal(lines[6], '+95 more');
  assert.equal(lines[7], 'away');
  assert.match(lines[8]!, /^1 running, 100 not started/);
});

test('nothing is wider or higher than the window, however small', () => {
  const wide = named(`${'日本'.repeat(40)}.mp4`, { status: 'running', bytesPerSecond: 9e9, reason: 'x'.repeat(200) });
  for (let columns = 1; columns <= 220; columns += columns < 60 ? 1 : 9) {
    for (const rows of [1, 2, 3, 4, 24]) {
      const lines = watchFrame([...all, wide, wide], { columns, rows, notice: 'the agent is away' }, plain);
      assert.ok(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows}`);
      for (const line of lines) {
        assert.ok(stringWidth(line) <= Math.max(1, columns - 1), `${stringWidth(line)} in ${columns}: ${line}`);
      }
    }
  }
});

test('the totals say nothing of sizes and times that nobody can know', () => {
  assert.equal(totalsLine([running], 100), '1 running · 64.0 KiB/s · 8s left · 512 KiB of 1.00 MiB');
  assert.equal(totalsLine([], 100), 'No transfers.');
  assert.equal(totalsLine([completed], 100), '1 completed');
  const endless = named('stream', { status: 'running', bytesReceived: 10, bytesPerSecond: 1024 });
  assert.equal(totalsLine([running, endless], 100), '2 running · 65.0 KiB/s');
});

test('what a server says cannot steer the terminal', () => {
  const bad = named('a\u001b[2J', { status: 'idle', isStarted: true, reason: 'said \u001b[31m' });
  assert.ok(!watchFrame([bad], { columns: 100, rows: 5 }, plain).join('').includes('\u001b'));
});
