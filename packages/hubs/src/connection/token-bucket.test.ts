import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TokenBucket } from './token-bucket.ts';

describe('a token bucket', () => {
  const taken = (bucket: TokenBucket, times: number, now: number): number => {
    let count = 0;
    for (let i = 0; i < times; i += 1) if (bucket.take(now)) count += 1;
    return count;
  };

  test('lets a burst through at once, then as many as time has filled in', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 5 }, 0);
    assert.equal(taken(bucket, 20, 0), 5);
    assert.equal(taken(bucket, 20, 99), 0);
    assert.equal(taken(bucket, 20, 100), 1);
    assert.equal(taken(bucket, 20, 400), 3);
  });

  test('never holds more than a burst, however long nothing came', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 5 }, 0);
    assert.equal(taken(bucket, 100, 1_000_000), 5);
  });

  test('tells how long to wait for a token that it has promised, one after the other', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 1 }, 0);
    assert.deepEqual([bucket.reserve(0), bucket.reserve(0), bucket.reserve(0)], [0, 100, 200]);
    assert.equal(bucket.reserve(1_000), 0);
  });

  test('takes slow rates: one in ten seconds', () => {
    const bucket = new TokenBucket({ perSecond: 0.1, burst: 1 }, 0);
    assert.equal(taken(bucket, 3, 0), 1);
    assert.equal(taken(bucket, 3, 9_999), 0);
    assert.equal(taken(bucket, 3, 10_000), 1);
  });
});
