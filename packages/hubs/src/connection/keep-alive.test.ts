import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeepAlive, type KeepAliveDue } from './keep-alive.ts';

const options = { keepAliveIntervalMs: 15_000, clientTimeoutIntervalMs: 30_000 };

/** What is due at each second of a stretch of virtual time. */
function run(keepAlive: KeepAlive, from: number, to: number): [number, KeepAliveDue][] {
  const happened: [number, KeepAliveDue][] = [];
  for (let now = from; now <= to; now += 1_000) {
    const due = keepAlive.due(now);
    if (due !== undefined) happened.push([now, due]);
  }
  return happened;
}

describe('keep-alive (§7), on virtual time', () => {
  test('a Ping goes out at every interval', () => {
    assert.deepEqual(run(new KeepAlive(options, 0), 0, 60_000), [
      [15_000, 'ping'],
      [30_000, 'ping'],
      [45_000, 'ping'],
      [60_000, 'ping'],
    ]);
  });

  test('a late tick sends one Ping, not all that were missed', () => {
    const keepAlive = new KeepAlive(options, 0);
    assert.equal(keepAlive.due(100_000), 'ping');
    assert.equal(keepAlive.due(100_001), undefined);
  });

  test('a client that never pings never times out', () => {
    const keepAlive = new KeepAlive(options, 0);
    keepAlive.messageReceived(false, 1_000);
    assert.equal(
      run(keepAlive, 0, 600_000).some(([, due]) => due === 'client-timeout'),
      false,
    );
  });

  test('the time-out starts with the first Ping', () => {
    const keepAlive = new KeepAlive(options, 0);
    keepAlive.messageReceived(true, 20_000);
    const happened = run(keepAlive, 20_000, 50_000);
    assert.deepEqual(happened.at(-1), [50_000, 'client-timeout']);
    assert.equal(happened.filter(([, due]) => due === 'client-timeout').length, 1);
  });

  test('any message puts it off', () => {
    const keepAlive = new KeepAlive(options, 0);
    keepAlive.messageReceived(true, 0);
    keepAlive.messageReceived(false, 29_000);
    assert.notEqual(keepAlive.due(58_999), 'client-timeout');
    assert.equal(keepAlive.due(59_000), 'client-timeout');
  });

  test('a long hub method does not time its client out; afterwards the clock starts anew', () => {
    const keepAlive = new KeepAlive(options, 0);
    keepAlive.messageReceived(true, 0);
    keepAlive.pause();
    assert.equal(
      run(keepAlive, 0, 500_000).some(([, due]) => due === 'client-timeout'),
      false,
    );
    keepAlive.resume(500_000);
    assert.notEqual(keepAlive.due(529_999), 'client-timeout');
    assert.equal(keepAlive.due(530_000), 'client-timeout');
  });

  test('pausing and resuming does not start the time-out of a client that never pinged', () => {
    const keepAlive = new KeepAlive(options, 0);
    keepAlive.pause();
    keepAlive.resume(1_000);
    assert.equal(
      run(keepAlive, 0, 100_000).some(([, due]) => due === 'client-timeout'),
      false,
    );
  });
});
