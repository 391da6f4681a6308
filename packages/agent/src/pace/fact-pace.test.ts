import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FactPace } from './fact-pace.ts';

const pace = { factIntervalMs: 150, factBurst: 3 };

test('at most ten facts of a key in any second, and the last is never left out, on a virtual clock', () => {
  const facts = new FactPace(pace);
  const sent: number[] = [];
  for (let now = 0; now <= 9_000; now += 7) {
    for (const _ of facts.take(now)) sent.push(now);
    // A flood, a silence, a flood.
    const isLoud = now < 3_000 || (now > 5_000 && now < 7_000);
    if (isLoud && facts.offer('a', now)) sent.push(now);
  }
  for (const from of sent) {
    const inSecond = sent.filter(at => at >= from && at < from + 1_000).length;
    assert.ok(inSecond <= 10, `${inSecond} from ${from}`);
  }
  assert.ok(sent.length > 30);
  assert.ok(sent.at(-1)! >= 6_993, 'the last one came through');
  assert.equal(facts.nextAt, undefined);
});

test('the first few go out at once: something short is told without a wait', () => {
  const facts = new FactPace(pace);
  const offered = [0, 1, 2, 3].map(now => facts.offer('a', now));
  assert.deepEqual(offered, [true, true, true, false]);
});

test('keys do not hold each other back, and a forgotten one owes nothing', () => {
  const facts = new FactPace({ factIntervalMs: 100, factBurst: 1 });
  const offered = [facts.offer('a', 0), facts.offer('b', 0), facts.offer('a', 1), facts.offer('b', 2)];
  assert.deepEqual(offered, [true, true, false, false]);
  assert.equal(facts.nextAt, 100);
  facts.forget('a');
  assert.deepEqual(facts.take(100), ['b']);
});

test('what is still due at the end comes with the last take', () => {
  const facts = new FactPace({ factIntervalMs: 100, factBurst: 1 });
  facts.offer('a', 0);
  facts.offer('a', 1);
  assert.deepEqual(facts.take(Number.POSITIVE_INFINITY), ['a']);
});

test('thousands of keys that have told one thing each are forgotten as others come, without a take', () => {
  const facts = new FactPace(pace);
  for (let n = 0; n < 10_000; n++) assert.equal(facts.offer(`key ${n}`, n), true);
  assert.ok(facts.size <= pace.factIntervalMs, `${facts.size}`);
});
