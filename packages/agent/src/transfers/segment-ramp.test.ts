import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Look, SegmentRamp } from './segment-ramp.ts';

const MiB = 1024 * 1024;
const rules = { maxConnectionsPerTransfer: 4, minSplitMs: 500, fullLinkBytesPerSecond: 128 * MiB };

interface Server {
  readonly totalBytes: number;
  /** Bytes a millisecond with so many connections. */
  readonly rate: (connections: number) => number;
  /** A new connection brings its first byte after this. Milliseconds. */
  readonly roundTripMs?: number;
  readonly busyShare?: number;
  readonly heldShare?: number;
  readonly room?: (now: number) => { hasRoom: boolean; isCrowded: boolean };
  readonly refuses?: boolean;
  /** Bytes come all at once, so much apart. Milliseconds. */
  readonly burstMs?: number;
}

/** The ramp against a server in virtual time. Returns how many connections there were from when on. */
function run(server: Server): { readonly changes: [ms: number, connections: number][]; readonly endedMs: number } {
  const start = { now: 0, receivedBytes: 0, busyMs: 0, heldMs: 0 };
  const ramp = new SegmentRamp(rules, start);
  const changes: [number, number][] = [[0, 1]];
  let [connections, received, nextAt, opensAt, heldMs] = [1, 0, ramp.waitMs(0), Number.POSITIVE_INFINITY, 0];
  let now = 0;
  const change = (to: number) => {
    connections = to;
    changes.push([now, to]);
  };
  for (; received < server.totalBytes && now < 600_000; now += 1) {
    const burstMs = server.burstMs ?? 1;
    if (now % burstMs === 0) received += server.rate(connections) * burstMs;
    heldMs += (server.heldShare ?? 0) * connections;
    const totals = { receivedBytes: received, busyMs: now * (server.busyShare ?? 0.1), heldMs };
    if (now === opensAt) {
      if (server.refuses) ramp.refused();
      else {
        change(connections + 1);
        ramp.opened({ now, ...totals });
      }
    }
    if (now < nextAt) continue;
    const room = server.room?.(now) ?? { hasRoom: true, isCrowded: false };
    const look: Look = { now, restBytes: server.totalBytes - received, connections, ...totals, ...room };
    const advice = ramp.look(look);
    if (advice === 'add') opensAt = now + (server.roundTripMs ?? 2);
    if (advice === 'let-go') change(connections - 1);
    nextAt = now + ramp.waitMs(now);
  }
  return { changes, endedMs: now };
}

const perConnection = (bytesPerMs: number) => (connections: number) => connections * bytesPerMs;

describe('the ramp of segments', () => {
  test('a server that limits each connection gets four at once where the rest is short', () => {
    const { changes, endedMs } = run({ totalBytes: 100 * MiB, rate: perConnection((25 * MiB) / 1_000) });
    assert.equal(changes.at(-1)?.[1], 4);
    assert.ok(changes.at(-1)![0] <= 250, `the fourth comes at ${changes.at(-1)![0]} ms`);
    assert.ok(endedMs < 1_300, `${endedMs} ms`);
  });

  test('a limit that sends in bursts is no slower found out', () => {
    const { changes } = run({ totalBytes: 100 * MiB, rate: perConnection((25 * MiB) / 1_000), burstMs: 80 });
    assert.equal(Math.max(...changes.map(([, connections]) => connections)), 4);
  });

  test('where there is time, each one more has to raise the rate, and does', () => {
    const { changes } = run({ totalBytes: 1_000 * MiB, rate: perConnection((5 * MiB) / 1_000), roundTripMs: 60 });
    assert.deepEqual(
      changes.map(([, connections]) => connections),
      [1, 2, 3, 4],
    );
  });

  test('a link that one connection fills: the second is let go, and no other tried for a while', () => {
    const { changes } = run({ totalBytes: 100 * MiB, rate: () => (10 * MiB) / 1_000, roundTripMs: 40 });
    assert.deepEqual(
      changes.map(([, connections]) => connections),
      [1, 2, 1],
    );
    assert.ok(changes[2]![0] < 1_000, `at ${changes[2]![0]} ms`);
  });

  test('a link that two connections fill: the third is let go', () => {
    const rate = (connections: number) => (Math.min(connections, 2) * 5 * MiB) / 1_000;
    const { changes } = run({ totalBytes: 300 * MiB, rate });
    assert.deepEqual(
      changes.map(([, connections]) => connections),
      [1, 2, 3, 2, 3, 2],
    );
  });

  test('one that did not raise the rate is tried again, after pauses that grow', () => {
    const { changes } = run({ totalBytes: 1_000 * MiB, rate: () => (10 * MiB) / 1_000 });
    const tries = changes.filter(([, connections]) => connections === 2).map(([ms]) => ms / 1_000);
    const pauses = tries.slice(1).map((at, index) => at - tries[index]!);
    assert.equal(pauses.length, 3);
    for (const [index, seconds] of [10, 20, 40].entries()) {
      assert.ok(pauses[index]! >= seconds && pauses[index]! < seconds + 2, `${pauses}`);
    }
  });

  test('a link that was full only for a while gets its connections later', () => {
    let received = 0;
    const rate = (connections: number) => {
      const step = received < 60 * MiB ? (10 * MiB) / 1_000 : (connections * 10 * MiB) / 1_000;
      received += step;
      return step;
    };
    assert.equal(run({ totalBytes: 900 * MiB, rate }).changes.at(-1)?.[1], 4);
  });

  test('a rest that is soon here is left to one connection', () => {
    assert.equal(run({ totalBytes: 1_000 * MiB, rate: perConnection(2_500 * 1_048) }).changes.length, 1);
    assert.equal(run({ totalBytes: 4 * MiB, rate: perConnection((10 * MiB) / 1_000) }).changes.length, 1);
  });

  test('a link of a gigabit a second that is full stays with one connection, however long the rest', () => {
    assert.equal(run({ totalBytes: 4_000 * MiB, rate: perConnection((130 * MiB) / 1_000) }).changes.length, 1);
  });

  test('what our own thread, disk or rate limit holds back gets no connection more', () => {
    const slow = { totalBytes: 100 * MiB, rate: perConnection((5 * MiB) / 1_000) };
    assert.equal(run({ ...slow, busyShare: 0.95 }).changes.length, 1);
    assert.equal(run({ ...slow, heldShare: 0.5 }).changes.length, 1);
  });

  test('a server that refuses the second is not asked again', () => {
    const { changes } = run({ totalBytes: 100 * MiB, rate: perConnection((5 * MiB) / 1_000), refuses: true });
    assert.equal(changes.length, 1);
  });

  test('without room none is added; when others need the host, all but one are given up, one after the other', () => {
    const slow = { totalBytes: 60 * MiB, rate: perConnection((4 * MiB) / 1_000) };
    assert.equal(run({ ...slow, room: () => ({ hasRoom: false, isCrowded: false }) }).changes.length, 1);
    const crowded = run({ ...slow, room: now => ({ hasRoom: now < 3_000, isCrowded: now >= 3_000 }) });
    assert.deepEqual(
      crowded.changes.map(([, connections]) => connections),
      [1, 2, 3, 4, 3, 2, 1],
    );
  });

  test('a window in which our thread was kept from its work proves nothing against the newest connection', () => {
    const start = { now: 0, receivedBytes: 0, busyMs: 0, heldMs: 0 };
    const ramp = new SegmentRamp(rules, start);
    const rest = { restBytes: 1_000 * MiB, hasRoom: true, isCrowded: false, busyMs: 0, heldMs: 0 };
    const look = (now: number, connections: number, receivedBytes: number) =>
      ramp.look({ ...rest, now, connections, receivedBytes });
    assert.equal(look(250, 1, MiB), 'add');
    ramp.opened({ ...start, now: 260, receivedBytes: MiB });
    assert.notEqual(look(1_260, 2, 2 * MiB), 'let-go', 'looked at three quarters of a second late');
    assert.ok(!ramp.isSettled);
  });

  test('connections that break off are replaced, but not for ever', () => {
    const ramp = new SegmentRamp(rules, { now: 0, receivedBytes: 0, busyMs: 0, heldMs: 0 });
    let added = 0;
    for (let now = 0; now < 60_000; now += 10) {
      const totals = { receivedBytes: now * 1_000, busyMs: 0, heldMs: 0 };
      const look = { now, restBytes: 100 * MiB, connections: 1, hasRoom: true, isCrowded: false, ...totals };
      if (ramp.look(look) !== 'add') continue;
      added += 1;
      ramp.opened({ now, ...totals });
      ramp.lost();
    }
    assert.equal(added, 9);
    assert.ok(ramp.isSettled);
  });
});
