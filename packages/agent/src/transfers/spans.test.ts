import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '@longhaul/testing';
import { bytesIn } from './byte-ranges.ts';
import { isGivenAway, type Span, Spans } from './spans.ts';

const rules = { minSegmentBytes: 10, minStealMs: 100, bestRate: 0 };

/** `bytes` of a span came; the first at `since`. */
function receive(span: Span, bytes: number, since = 0): void {
  span.flowsSince ??= since;
  span.at += bytes;
}

describe('spans', () => {
  test('the first connection is wanted for the whole first gap; what lies behind is for others', () => {
    const spans = new Spans(
      [
        [0, 100],
        [300, 400],
      ],
      1_000,
    );
    assert.deepEqual(spans.firstGap, [100, 300]);
    spans.begin([100, 300]);
    assert.deepEqual(spans.next(rules, 0), [400, 1_000]);
    assert.deepEqual([spans.receivedBytes, spans.restBytes], [200, 800]);
  });

  test('a file of unknown length has one span without end, which nobody halves', () => {
    const spans = new Spans([], null);
    const span = spans.begin(spans.firstGap!);
    receive(span, 500);
    assert.deepEqual([span.to, spans.next(rules, 1_000)], [Number.POSITIVE_INFINITY, undefined]);
  });

  test('without a gap the second half of the slowest rest is taken, and its connection stops there', () => {
    const spans = new Spans([], 1_000);
    const slow = spans.begin([0, 600]);
    const fast = spans.begin([600, 1_000]);
    receive(slow, 100);
    receive(fast, 200);
    // 500 left at 0.1 a ms, 200 left at 0.2 a ms.
    assert.deepEqual(spans.next(rules, 1_000), [350, 600]);
    const thief = spans.begin([350, 600]);
    assert.deepEqual([slow.to, slow.answeredTo, thief.to], [350, 600, 600]);
  });

  test('a rest that is small, or soon here, is left to whoever is at it', () => {
    const spans = new Spans([], 1_000);
    const span = spans.begin([0, 1_000]);
    receive(span, 900);
    assert.equal(spans.next(rules, 100), undefined, '100 left at 9 a ms');
    receive(span, 85);
    assert.equal(spans.next(rules, 100_000), undefined, '15 left are less than two segments');
  });

  test('all that is left of a span that only trickles is taken, once that is sure, and given back when nobody gives it', () => {
    const spans = new Spans([], 1_000);
    const slow = spans.begin([0, 1_000]);
    receive(slow, 985);
    assert.equal(spans.next({ ...rules, bestRate: 0.07 }, 100_000), undefined, 'not eight times slower');
    assert.equal(spans.next({ ...rules, bestRate: 50 }, 900), undefined, 'flowed for less than a second');
    assert.equal(spans.next({ ...rules, bestRate: 50 }, 1_000), undefined, 'here sooner than a new answer');
    const range = spans.next({ ...rules, bestRate: 50 }, 20_000);
    assert.deepEqual(range, [985, 1_000]);
    assert.ok(!isGivenAway(slow));
    const other = spans.begin(range!);
    assert.ok(isGivenAway(slow));
    assert.equal(spans.next({ ...rules, bestRate: 50 }, 40_000), undefined, 'the new one has not begun');
    spans.end(other, 985);
    assert.deepEqual([slow.to, isGivenAway(slow)], [1_000, false]);
  });

  test('one that has brought nothing yet counts as the slowest', () => {
    const spans = new Spans([], 1_000);
    receive(spans.begin([0, 900]), 10);
    spans.begin([900, 1_000]);
    assert.deepEqual(spans.next(rules, 50), [950, 1_000]);
  });

  test('what was refused goes back to the connection that would have brought it', () => {
    const spans = new Spans([], 1_000);
    const first = spans.begin([0, 1_000]);
    const refused = spans.begin([500, 1_000]);
    assert.equal(first.to, 500);
    spans.end(refused, 500);
    assert.deepEqual([first.to, spans.firstGap], [1_000, undefined]);
  });

  test('what ended half-way leaves a gap; so does an answer with less than was asked for', () => {
    const spans = new Spans([], 1_000);
    const first = spans.begin([0, 1_000]);
    const second = spans.begin([500, 1_000]);
    spans.answered(second, 900);
    assert.deepEqual(spans.firstGap, [900, 1_000]);
    receive(second, 100);
    spans.end(second, 600);
    assert.deepEqual([first.to, spans.firstGap, spans.written], [500, [600, 1_000], [[500, 600]]]);
  });

  test('an answer with more than was asked for is cut where others are', () => {
    const spans = new Spans([[500, 600]], 1_000);
    const span = spans.begin(spans.firstGap!);
    spans.answered(span, 1_000);
    assert.deepEqual([span.to, span.answeredTo], [500, 1_000]);
  });

  test('whatever begins, flows, ends or is refused: no byte is asked for twice at once, and all arrive', () => {
    const random = seededRandom();
    for (let round = 0; round < 300; round += 1) {
      const total = 1 + random.below(2_000);
      const spans = new Spans([], total);
      const open: Span[] = [];
      for (let now = 0; spans.restBytes > 0 || open.length > 0; now += 1) {
        assert.ok(now < 100_000, `seed ${random.seed}: it ends`);
        const range = open.length < 4 ? spans.next(rules, now) : undefined;
        if (range !== undefined) open.push(spans.begin(range));
        const sorted = [...spans.current].sort((a, b) => a.from - b.from);
        for (const [index, span] of sorted.entries())
          if (index > 0) assert.ok(sorted[index - 1]!.to <= span.from, `seed ${random.seed}: apart`);
        const span = open[random.below(open.length)];
        if (span === undefined) continue;
        const wanted = span.to - span.at;
        if (random.below(10) > 0) receive(span, Math.min(wanted, random.below(200)), now);
        if (span.at < span.to && random.below(20) > 0) continue;
        open.splice(open.indexOf(span), 1);
        spans.end(span, span.at);
      }
      assert.deepEqual([spans.written, bytesIn(spans.received)], [[[0, total]], total]);
    }
  });
});
