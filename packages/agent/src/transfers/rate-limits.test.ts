// The limits on a virtual clock: transfers that take what they may as soon as they may, with timers as late as real ones.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '@longhaul/testing';
import { DebtBucket } from './debt-bucket.ts';
import { RateLimits, type RateShare } from './rate-limits.ts';

const KiB = 1_024;
const MiB = 1_024 * KiB;

interface Transfer {
  readonly share: RateShare;
  /** What one read brings at most; a helping when that is less, unless the source cannot ask for less. */
  readonly chunkBytes: number;
  readonly isCoarse: boolean;
  wakesAt: number;
  bytes: number;
}

/** A world whose clock is a number. */
class World {
  now = 1_000;
  readonly random = seededRandom(7);
  readonly transfers: Transfer[] = [];
  readonly limits: RateLimits;

  constructor(rate: number | null) {
    this.limits = new RateLimits(rate, 0);
  }

  join(rate: number | null, chunkBytes = 64 * KiB, isCoarse = false): Transfer {
    const share = this.limits.join(rate, this.now);
    const transfer = { share, chunkBytes, isCoarse, wakesAt: this.now, bytes: 0 };
    this.transfers.push(transfer);
    return transfer;
  }

  run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const next = this.transfers.reduce((a, b) => (b.wakesAt < a.wakesAt ? b : a));
      if (next.wakesAt >= until) break;
      this.now = next.wakesAt;
      const { share, chunkBytes, isCoarse } = next;
      const bytes = isCoarse ? chunkBytes : Math.min(chunkBytes, share.helping);
      next.bytes += bytes;
      const waitMs = share.take(bytes, this.now);
      // A read takes 50 µs; a timer counts whole milliseconds and is up to 3 ms late.
      const late = waitMs < 1 ? 0.05 : Math.ceil(waitMs) - waitMs + this.random.below(3_000) / 1_000;
      next.wakesAt = this.now + waitMs + late;
    }
    this.now = until;
  }
}

function assertWithin(actual: number, expected: number, share: number, what: string): void {
  const off = Math.abs(actual - expected) / expected;
  assert.ok(off <= share, `${what}: ${actual} is ${(off * 100).toFixed(2)} % off ${expected}`);
}

describe('rate limits', () => {
  for (const rate of [10 * KiB, 300 * KiB, 20 * MiB, 200 * MiB]) {
    test(`${rate} bytes a second are kept to 2 % over the first 5 s, late timers or not`, () => {
      const world = new World(null);
      const transfer = world.join(rate);
      world.run(5_000);
      assertWithin(transfer.bytes, rate * 5, 0.02, 'own limit');
    });
  }

  test('a source that cannot be asked for little is kept to it as well, by waiting longer', () => {
    const world = new World(null);
    const transfer = world.join(MiB, 64 * KiB, true);
    world.run(5_000);
    assertWithin(transfer.bytes, 5 * MiB, 0.02, 'own limit');
  });

  test('a limit for all is kept to 2 % over 5 s and shared alike, whatever the sizes of reads', () => {
    const world = new World(40 * MiB);
    const sizes: [number, boolean][] = [
      [MiB, false],
      [256 * KiB, false],
      [64 * KiB, true],
      [900 * KiB, false],
    ];
    const transfers = sizes.map(([bytes, isCoarse]) => world.join(null, bytes, isCoarse));
    world.run(5_000);
    const sum = transfers.reduce((total, { bytes }) => total + bytes, 0);
    assertWithin(sum, 200 * MiB, 0.02, 'all');
    const alike = [transfers[0]!, transfers[1]!, transfers[3]!];
    for (const { bytes } of alike) assertWithin(bytes, alike[0]!.bytes, 0.03, 'share');
  });

  test('sixteen transfers under one small limit overshoot no more than one', () => {
    const world = new World(MiB);
    for (let count = 0; count < 16; count += 1) world.join(null);
    world.run(5_000);
    const sum = world.transfers.reduce((total, { bytes }) => total + bytes, 0);
    assertWithin(sum, 5 * MiB, 0.02, 'all');
    for (const { bytes } of world.transfers) assertWithin(bytes, sum / 16, 0.05, 'share');
  });

  test('the smaller of both limits holds, and what one leaves the others take', () => {
    const world = new World(10 * MiB);
    const small = world.join(MiB);
    const others = [world.join(null), world.join(null)];
    world.run(5_000);
    assertWithin(small.bytes, 5 * MiB, 0.02, 'the small one');
    assertWithin(small.bytes + others[0]!.bytes + others[1]!.bytes, 50 * MiB, 0.02, 'all');
  });

  test('a changed limit holds at once, up and down', () => {
    const world = new World(null);
    const transfer = world.join(MiB);
    world.run(5_000);
    for (const rate of [8 * MiB, 100 * KiB, 2 * MiB]) {
      const before = transfer.bytes;
      transfer.share.setRate(rate, world.now);
      transfer.wakesAt = world.now + transfer.share.waitMs(world.now);
      world.run(5_000);
      assertWithin(transfer.bytes - before, rate * 5, 0.02, `changed to ${rate}`);
    }
  });

  test('a short body is paid for as well: it takes as long as its bytes', () => {
    const limits = new RateLimits(100 * KiB, 0);
    const waitMs = limits.join(null, 90_000).take(50 * KiB, 90_000);
    assert.ok(waitMs >= 500 - 40 && waitMs <= 500, `${waitMs} ms`);
    const fresh = new RateLimits(null, 0).join(100 * KiB, 0).take(50 * KiB, 0);
    assert.equal(fresh, 500, 'a new bucket is empty');
  });

  test('without a limit nobody waits and helpings have no end', () => {
    const share = new RateLimits(null, 0).join(null, 0);
    assert.equal(share.take(1e12, 0), 0);
    assert.equal(share.helping, Number.POSITIVE_INFINITY);
  });
});

describe('a debt bucket', () => {
  test('a debt is not made longer by a lower rate, and shorter by a higher one', () => {
    const bucket = new DebtBucket(1_000, 0);
    bucket.take(1_000, 0);
    assert.equal(bucket.waitMs(0), 1_000);
    bucket.setRate(100, 0);
    assert.equal(bucket.waitMs(0), 1_000);
    bucket.setRate(1_000, 0);
    assert.equal(bucket.waitMs(0), 100);
    bucket.setRate(null, 0);
    assert.equal(bucket.waitMs(0), 0);
  });

  test('idle time earns little: a minute of it is worth no more than 40 ms', () => {
    const bucket = new DebtBucket(1_000, 0);
    bucket.take(100, 60_000);
    assert.equal(bucket.waitMs(60_000), 60);
  });
});
