import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Alarms, type Sleeper } from './alarm.ts';

class Woken implements Sleeper {
  waking: Sleeper['waking'];
  readonly #woken = Promise.withResolvers<number>();
  timeCame(): void {
    this.#woken.resolve(performance.now());
  }
  get woken(): Promise<number> {
    return this.#woken.promise;
  }
}

test('a sleeper is woken at its time at the latest, give or take what a timer does', async () => {
  const sleeper = new Woken();
  const start = performance.now();
  const alarms = new Alarms();
  alarms.set(sleeper, start + 40);
  assert.ok(sleeper.waking!.at <= start + 40);
  assert.ok(sleeper.waking!.at > start + 30, 'not much too early either');
  const woken = await sleeper.woken;
  assert.ok(woken >= start + 30, `after ${woken - start} ms`);
  assert.equal(sleeper.waking, undefined);
});

test('those that wait about as long share one timer, however many they are', () => {
  const alarms = new Alarms();
  const at = performance.now() + 120_000;
  const sleepers = Array.from({ length: 1_000 }, () => new Woken());
  for (const [index, sleeper] of sleepers.entries()) alarms.set(sleeper, at + index);
  assert.equal(new Set(sleepers.map(sleeper => sleeper.waking)).size <= 2, true);
  for (const sleeper of sleepers) alarms.clear(sleeper);
});

test('only an earlier time changes the place of a sleeper; the last one to leave takes the timer along', () => {
  const alarms = new Alarms();
  const now = performance.now();
  const sleeper = new Woken();
  const other = new Woken();
  alarms.set(sleeper, now + 60_000);
  const first = sleeper.waking!;
  alarms.set(sleeper, now + 90_000);
  assert.equal(sleeper.waking, first);
  alarms.set(sleeper, Number.POSITIVE_INFINITY);
  assert.equal(sleeper.waking, first);
  alarms.set(other, now + 60_000);
  alarms.set(sleeper, now + 1_000);
  assert.ok(sleeper.waking!.at < first.at);
  assert.equal(first.timer.hasRef(), false, 'it does not keep the process alive');
  assert.deepEqual([...first.sleepers], [other]);
  alarms.clear(other);
  alarms.clear(sleeper);
  assert.equal(first.sleepers.size, 0);
  assert.equal(sleeper.waking, undefined);
});

test('a sleeper that is cleared by another one woken before it is not woken', async () => {
  const alarms = new Alarms();
  const at = performance.now() + 5;
  const first = new Woken();
  const second = new Woken();
  let isWoken = false;
  second.timeCame = () => {
    isWoken = true;
  };
  first.timeCame = function (this: Woken) {
    alarms.clear(second);
    Woken.prototype.timeCame.call(this);
  };
  alarms.set(first, at);
  alarms.set(second, at);
  assert.equal(first.waking, second.waking);
  await first.woken;
  assert.equal(isWoken, false);
});
