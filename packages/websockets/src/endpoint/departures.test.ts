import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Departures } from './departures.ts';

describe('departures', () => {
  const setUp = () => {
    const departures = new Departures();
    const left: string[] = [];
    const one = (name: string, then?: () => void) => ({
      flush: () => {
        left.push(name);
        then?.();
      },
    });
    return { departures, left, one };
  };
  const tickEnd = () => new Promise<void>(resolve => process.nextTick(resolve));

  test('all who have something to write leave together when the tick is over, in order and once', async () => {
    const { departures, left, one } = setUp();
    departures.add(one('a'));
    await null;
    departures.add(one('b'));
    departures.add(one('c'));
    await null;
    assert.deepEqual(left, []);
    await tickEnd();
    assert.deepEqual(left, ['a', 'b', 'c']);
    await tickEnd();
    assert.deepEqual(left, ['a', 'b', 'c']);
  });

  test('an answer to the last message leaves as soon as the app waits for something, the next ones when the tick is over', async () => {
    const { departures, left, one } = setUp();
    const answering = one('answer');
    departures.answers(answering);
    departures.add(answering);
    departures.add(one('other'));
    assert.deepEqual(left, []);
    await null;
    assert.deepEqual(left, ['answer']);
    departures.add(answering);
    await null;
    assert.deepEqual(left, ['answer']);
    await tickEnd();
    assert.deepEqual(left, ['answer', 'other', 'answer']);
  });

  test('only who was read from last answers, and not when its connection is gone', async () => {
    const { departures, left, one } = setUp();
    const [first, second] = [one('first'), one('second')];
    departures.answers(first);
    departures.answers(second);
    departures.forget(second);
    departures.add(first);
    departures.add(second);
    await null;
    assert.deepEqual(left, []);
    await tickEnd();
    assert.deepEqual(left, ['first', 'second']);
  });

  test('who comes while others leave has a tick of its own', async () => {
    const { departures, left, one } = setUp();
    departures.add(one('a', () => departures.add(one('c'))));
    departures.add(one('b'));
    await tickEnd();
    await tickEnd();
    assert.deepEqual(left, ['a', 'b', 'c']);
  });
});
