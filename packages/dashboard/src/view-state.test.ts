import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Place, placeOf } from './route.ts';
import { initialView, listView, placeIn, stepView, type ViewEvent } from './view-state.ts';

const rows = { groups: [{ group: 'running', ids: ['a', 'b'] }] };
const went = (place: Place): ViewEvent => ({ type: 'went', place });
const after = (...events: ViewEvent[]) => events.reduce((view, event) => stepView(view, event, rows), initialView);

test('a panel opens when asked for, closes when asked for again, and gives way to another', () => {
  assert.equal(after({ type: 'panel-asked', panel: 'help' }).panel, 'help');
  assert.equal(after({ type: 'panel-asked', panel: 'help' }, { type: 'panel-asked', panel: 'help' }).panel, null);
  assert.equal(after({ type: 'panel-asked', panel: 'help' }, { type: 'panel-closed' }).panel, null);
});

test('Escape takes one thing back at a time: the panel, the filter, the details', () => {
  const all = after(
    went(placeOf('transfers', 'a')),
    { type: 'filtered', query: 'x' },
    { type: 'panel-asked', panel: 'help' },
  );
  const back = (view: typeof all) => stepView(view, { type: 'stepped-back' }, rows);
  const facts = (view: typeof all) => [view.panel, listView(view).query, listView(view).openId];
  assert.deepEqual(facts(back(all)), [null, 'x', 'a']);
  assert.deepEqual(facts(back(back(all))), [null, '', 'a']);
  assert.deepEqual(facts(back(back(back(all)))), [null, '', null]);
});

test('the keyboard goes on from the row that has the focus, and every move asks for the focus', () => {
  const view = after({ type: 'focused', id: 'a' }, { type: 'moved', move: 'next' });
  assert.deepEqual(listView(view).cursor, { id: 'b', moves: 1 });
  const next = stepView(view, { type: 'moved', move: 'next' }, rows);
  assert.deepEqual(listView(next).cursor, { id: 'b', moves: 2 });
  assert.equal(stepView(view, { type: 'focused', id: 'b' }, rows), view);
});

test('each list keeps its filter, its place and what is open while another is looked at', () => {
  const away = after({ type: 'filtered', query: 'film' }, went(placeOf('transfers', 'a')), went(placeOf('sockets')), {
    type: 'filtered',
    query: 'room',
  });
  assert.deepEqual([away.page, listView(away).query], ['sockets', 'room']);
  const back = stepView(away, went(placeOf('transfers', 'a')), rows);
  assert.deepEqual([listView(back).query, listView(back).openId], ['film', 'a']);
  assert.deepEqual(placeIn(back), placeOf('transfers', 'a'));
});

test('a panel does not follow to another list, and stays while something is opened in this one', () => {
  const asked: ViewEvent = { type: 'panel-asked', panel: 'help' };
  assert.equal(after(asked, went(placeOf('tasks'))).panel, null);
  assert.equal(after(asked, went(placeOf('transfers', 'a'))).panel, 'help');
});

test('Escape closes the open run before its task', () => {
  const open = after(went(placeOf('tasks', 'a', 'r')));
  const once = stepView(open, { type: 'stepped-back' }, rows);
  assert.deepEqual(placeIn(once), placeOf('tasks', 'a'));
  assert.deepEqual(placeIn(stepView(once, { type: 'stepped-back' }, rows)), placeOf('tasks'));
});
