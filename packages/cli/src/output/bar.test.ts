import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '@longhaul/testing/transfer-record';
import stringWidth from 'string-width';
import { barLine, drawBar, plainLine } from './bar.ts';

const half = transferRecord({
  status: 'running',
  bytesReceived: 512 * 1024,
  totalBytesToReceive: 1024 * 1024,
  bytesPerSecond: 64 * 1024,
});

test('a bar is as wide as asked for, at every part', () => {
  assert.equal(drawBar(0, 4), '░░░░');
  assert.equal(drawBar(0.5, 4), '██░░');
  assert.equal(drawBar(1, 4), '████');
  assert.equal(drawBar(undefined, 4), '····');
  for (let part = 0; part <= 1; part += 0.01) assert.equal(drawBar(part, 7).length, 7);
});

test('the line has name, bar, percent, sizes, rate and time left', () => {
  assert.match(barLine(half, 120), /^film\.mp4 +█+░+ {2}50% {2}512 KiB of 1\.00 MiB {2}64\.0 KiB\/s {2}8s$/);
});

test('the line never is wider than the terminal', () => {
  const wide = transferRecord({ ...half, file: `/home/me/${'日本'.repeat(40)}.mp4`, reason: 'x'.repeat(200) });
  for (const width of [20, 40, 80, 200]) assert.ok(stringWidth(barLine(wide, width)) <= width, String(width));
});

test('without a terminal it is one plain line', () => {
  assert.equal(plainLine(half), '/home/me/film.mp4: running, 50%, 512 KiB of 1.00 MiB, 64.0 KiB/s, 8s left');
  assert.equal(
    plainLine(transferRecord({ status: 'paused-no-network', bytesReceived: 100, reason: 'no interface is up' })),
    '/home/me/film.mp4: waiting: no network (no interface is up), 100 B',
  );
});
