import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStore } from './store.ts';

function counter() {
  const frames: (() => void)[] = [];
  const rendered: [number, number][] = [];
  const store = createStore(
    0,
    (state: number, event: number) => state + event,
    callback => frames.push(callback),
    (before, after) => rendered.push([before, after]),
  );
  return { store, frames, rendered, runFrame: () => frames.shift()?.() };
}

test('the state is new at once, the view once a frame with all that happened', () => {
  const { store, frames, rendered, runFrame } = counter();
  for (const event of [1, 2, 3]) store.send(event);
  assert.equal(store.state, 6);
  assert.equal(frames.length, 1);
  runFrame();
  assert.deepEqual(rendered, [[0, 6]]);
  store.send(1);
  runFrame();
  assert.deepEqual(rendered.at(-1), [6, 7]);
});

test('an event that changes nothing asks for no frame', () => {
  const { store, frames } = counter();
  store.send(0);
  assert.equal(frames.length, 0);
});

test('flushed, it is rendered at once, and the frame that was asked for renders only what came after', () => {
  const { store, frames, rendered, runFrame } = counter();
  store.send(1);
  store.flush();
  store.flush();
  assert.deepEqual(rendered, [[0, 1]]);
  store.send(2);
  assert.equal(frames.length, 1);
  runFrame();
  assert.deepEqual(rendered, [
    [0, 1],
    [1, 3],
  ]);
  runFrame();
  assert.equal(rendered.length, 2);
});
