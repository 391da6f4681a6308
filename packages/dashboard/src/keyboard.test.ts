import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf, type KeyPress } from './keyboard.ts';

const press = (key: string, where: KeyPress['where'] = 'elsewhere', isCombined = false) =>
  commandOf({ key, where, isCombined });

test('slash goes to the filter, question mark to the help, arrows and Home and End to rows', () => {
  assert.deepEqual(press('/'), { type: 'focus-filter' });
  assert.deepEqual(press('?'), { type: 'show-help' });
  assert.deepEqual(press('ArrowDown'), { type: 'move', move: 'next' });
  assert.deepEqual(press('ArrowUp'), { type: 'move', move: 'previous' });
  assert.deepEqual(press('Home'), { type: 'move', move: 'first' });
  assert.deepEqual(press('End'), { type: 'move', move: 'last' });
});

test('1, 2 and 3 lead to the lists, in a field they are digits', () => {
  assert.deepEqual(press('1'), { type: 'turn', page: 'transfers' });
  assert.deepEqual(press('2'), { type: 'turn', page: 'sockets' });
  assert.deepEqual(press('3'), { type: 'turn', page: 'tasks' });
  assert.equal(press('4'), null);
  assert.equal(press('2', 'filter'), null);
  assert.equal(press('2', 'elsewhere', true), null);
});

test('in a field letters are letters, but Escape steps back and down leads from the filter to the rows', () => {
  for (const where of ['filter', 'text', 'choice'] as const) {
    assert.equal(press('/', where), null);
    assert.equal(press('?', where), null);
    assert.equal(press('Home', where), null);
    assert.deepEqual(press('Escape', where), { type: 'step-back' });
  }
  assert.deepEqual(press('ArrowDown', 'filter'), { type: 'move', move: 'first' });
  assert.equal(press('ArrowDown', 'choice'), null);
  assert.equal(press('ArrowDown', 'text'), null);
});

test("with Control, Alt or Meta a key is the browser's, and so is every other key", () => {
  assert.equal(press('/', 'elsewhere', true), null);
  assert.equal(press('a'), null);
  assert.equal(press('Enter'), null);
});
