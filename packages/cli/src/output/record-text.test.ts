import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '@longhaul/testing/transfer-record';
import { factsText, listText, recordFacts, shortIdLength } from './record-text.ts';

const recordText = (...given: Parameters<typeof recordFacts>) => factsText(recordFacts(...given));

const running = transferRecord({
  id: 'aaaa1111-0000-4000-8000-000000000001',
  status: 'running',
  isStarted: true,
  bytesReceived: 512 * 1024,
  totalBytesToReceive: 1024 * 1024,
  bytesPerSecond: 64 * 1024,
});

test('the table of transfers has percent, size, rate and time left of those that run', () => {
  assert.deepEqual(listText([running]), [
    'ID        STATUS   DONE      SIZE        RATE  LEFT  FILE',
    'aaaa1111  running   50%  1.00 MiB  64.0 KiB/s    8s  /home/me/film.mp4',
  ]);
});

test('a transfer that has a reason says it on a line of its own, without what a terminal would obey', () => {
  const waiting = transferRecord({ status: 'idle', isStarted: true, reason: 'the server said \u001b[31m503' });
  const lines = listText([waiting]);
  assert.match(lines[1]!, /^11111111 {2}waiting /);
  assert.equal(lines[2], '          the server said \ufffd[31m503');
});

test('ids are shown as short as they can be told apart', () => {
  assert.equal(shortIdLength([]), 8);
  assert.equal(shortIdLength(['aaaaaaaa-1', 'bbbbbbbb-1']), 8);
  assert.equal(shortIdLength(['aaaaaaaa-1', 'aaaaaaaa-2']), 10);
});

test('one transfer is shown with every fact that it has, and with none that it has not', () => {
  const text = recordText(
    transferRecord({
      ...running,
      status: 'error',
      error: { code: 'web-error', message: 'gone', webErrorStatus: 'http-410' },
    }),
    0,
  );
  assert.ok(text.includes('Status:         failed'));
  assert.ok(text.includes('Why:            gone'));
  assert.ok(text.includes('Error:          web-error (http-410)'));
  assert.ok(text.includes('Received:       512 KiB of 1.00 MiB (50%)'));
  assert.ok(!text.some(line => line.startsWith('Ended')));
});

test('the checksum says what came of it', () => {
  const checksum = { algorithm: 'sha-256' as const, expected: 'ab', source: 'request' as const, isVerified: false };
  const text = (given: Parameters<typeof transferRecord>[0]) =>
    recordText(transferRecord({ checksum, ...given }), 0).join('\n');
  assert.match(text({ status: 'running' }), /sha-256=ab \(not verified yet\)/);
  assert.match(text({ status: 'canceled' }), /\(not compared\)/);
  const error = { code: 'integrity-failure', message: 'no', webErrorStatus: null };
  assert.match(text({ status: 'error', error }), /\(not what came\)/);
  const verified = { ...checksum, source: 'origin' as const, isVerified: true };
  assert.match(text({ status: 'completed', checksum: verified }), /\(verified, named by the server\)/);
});

test('a failed attempt says when the next one comes', () => {
  const text = recordText(transferRecord({ failedAttempts: 1, retryAt: 65_000 }), 60_000);
  assert.ok(text.some(line => /^Next attempt: +in 5s$/.test(line)));
});
