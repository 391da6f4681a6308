import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noRows } from './transfers/arrangement.ts';
import { initialView, stepView, type ViewEvent } from './view-state.ts';

const rows = { ...noRows, groups: [{ group: 'running' as const, ids: ['a', 'b'] }], found: 2 };
const after = (...events: ViewEvent[]) => events.reduce((view, event) => stepView(view, event, rows), initialView);

test('a panel opens when asked for, closes when asked for again, and gives way to another', () => {
  assert.equal(after({ type: 'panel-asked', panel: 'help' }).panel, 'help');
  assert.equal(after({ type: 'panel-asked', panel: 'help' }, { type: 'panel-asked', panel: 'help' }).panel, null);
  assert.equal(after({ type: 'panel-asked', panel: 'help' }, { type: 'panel-closed' }).panel, null);
});

test('Escape takes one thing back at a time: the panel, the filter, the details', () => {
  const all = after(
    { type: 'opened', id: 'a' },
    { type: 'filtered', query: 'x' },
    { type: 'panel-asked', panel: 'help' },
  );
  const back = (view: typeof all) => stepView(view, { type: 'stepped-back' }, rows);
  const facts = ({ panel, query, openId }: typeof all) => [panel, query, openId];
  assert.deepEqual(facts(back(all)), [null, 'x', 'a']);
  assert.deepEqual(facts(back(back(all))), [null, '', 'a']);
  assert.deepEqual(facts(back(back(back(all)))), [null, '', null]);
});

test('the keyboard goes on from the row that has the focus, and every move asks for the focus', () => {
  const view = after({ type: 'focused', id: 'a' }, { type: 'moved', move: 'next' });
  assert.deepEqual(view.cursor, { id: 'b', moves: 1 });
  assert.deepEqual(stepView(view, { type: 'moved', move: 'next' }, rows).cursor, { id: 'b', moves: 2 });
  assert.equal(stepView(view, { type: 'focused', id: 'b' }, rows), view);
});
