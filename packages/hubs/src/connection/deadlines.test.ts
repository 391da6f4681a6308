import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deadlines, type Due } from './deadlines.ts';

const options = { handshakeTimeoutMs: 15_000, keepAliveIntervalMs: 15_000, clientTimeoutIntervalMs: 30_000 };

/** What is due at each second of a stretch of virtual time. */
function run(deadlines: Deadlines, from: number, to: number): [number, Due][] {
  const happened: [number, Due][] = [];
  for (let now = from; now <= to; now += 1_000) {
    const due = deadlines.due(now, 0);
    if (due !== undefined) happened.push([now, due]);
  }
  return happened;
}

/** After a handshake at 0. */
function open(): Deadlines {
  const deadlines = new Deadlines(options, 0);
  deadlines.accepted(0);
  return deadlines;
}

describe('the deadlines of a connection, on virtual time', () => {
  test('§5 a handshake that does not come in time; nothing else is due before it', () => {
    const deadlines = new Deadlines(options, 1_000);
    deadlines.authenticatedUntil(1);
    deadlines.messageReceived(true, 1_000);
    assert.equal(deadlines.due(15_999, 10), undefined);
    assert.equal(deadlines.due(16_000, 10), 'handshake-timeout');
  });

  test('§7 the first Ping is due an interval after the handshake', () => {
    const deadlines = new Deadlines(options, 0);
    deadlines.accepted(14_000.5);
    assert.equal(deadlines.due(29_000, 0), undefined);
    assert.equal(deadlines.due(29_001, 0), 'ping');
  });

  test('§10 credentials expire by the clock on the wall, also of a client that is away; renewed ones later, or never', () => {
    const deadlines = open();
    deadlines.authenticatedUntil(1_000);
    deadlines.away();
    assert.equal(deadlines.due(1, 999), undefined);
    assert.equal(deadlines.due(1, 1_000), 'authentication-expired');
    deadlines.authenticatedUntil(2_000);
    assert.equal(deadlines.due(1, 1_000), undefined);
    deadlines.authenticatedUntil(undefined);
    assert.equal(deadlines.due(1, Number.MAX_SAFE_INTEGER), undefined);
  });

  test('§9 who is away is neither pinged nor missed; who is back has its time anew', () => {
    const deadlines = open();
    deadlines.messageReceived(true, 0);
    deadlines.away();
    assert.deepEqual(run(deadlines, 0, 100_000), []);
    deadlines.back(100_000);
    assert.equal(deadlines.due(114_999, 0), undefined);
    assert.equal(deadlines.due(115_000, 0), 'ping');
    assert.equal(deadlines.due(130_000, 0), 'client-timeout');
  });

  test('§7 a Ping goes out at every interval', () => {
    assert.deepEqual(run(open(), 0, 60_000), [
      [15_000, 'ping'],
      [30_000, 'ping'],
      [45_000, 'ping'],
      [60_000, 'ping'],
    ]);
  });

  test('a late tick sends one Ping, not all that were missed', () => {
    const deadlines = open();
    assert.equal(deadlines.due(100_000, 0), 'ping');
    assert.equal(deadlines.due(100_001, 0), undefined);
  });

  test('a client that never pings never times out', () => {
    const deadlines = open();
    deadlines.messageReceived(false, 1_000);
    assert.equal(
      run(deadlines, 0, 600_000).some(([, due]) => due === 'client-timeout'),
      false,
    );
  });

  test('the time-out starts with the first Ping', () => {
    const deadlines = open();
    deadlines.messageReceived(true, 20_000);
    const happened = run(deadlines, 20_000, 50_000);
    assert.deepEqual(happened.at(-1), [50_000, 'client-timeout']);
    assert.equal(happened.filter(([, due]) => due === 'client-timeout').length, 1);
  });

  test('any message puts it off', () => {
    const deadlines = open();
    deadlines.messageReceived(true, 0);
    deadlines.messageReceived(false, 29_000);
    assert.notEqual(deadlines.due(58_999, 0), 'client-timeout');
    assert.equal(deadlines.due(59_000, 0), 'client-timeout');
  });

  test('a long hub method does not time its client out; afterwards the clock starts anew', () => {
    const deadlines = open();
    deadlines.messageReceived(true, 0);
    deadlines.pause();
    assert.equal(
      run(deadlines, 0, 500_000).some(([, due]) => due === 'client-timeout'),
      false,
    );
    deadlines.resume(500_000);
    assert.notEqual(deadlines.due(529_999, 0), 'client-timeout');
    assert.equal(deadlines.due(530_000, 0), 'client-timeout');
  });

  test('pausing and resuming does not start the time-out of a client that never pinged', () => {
    const deadlines = open();
    deadlines.pause();
    deadlines.resume(1_000);
    assert.equal(
      run(deadlines, 0, 100_000).some(([, due]) => due === 'client-timeout'),
      false,
    );
  });
});
