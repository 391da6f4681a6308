import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Grouping, groupRows, rowAfter } from './row-groups.ts';

type Animal = { readonly name: string; readonly legs: 'two' | 'four' };
const grouping: Grouping<Animal['legs'], Animal> = {
  groups: ['two', 'four'],
  groupOf: ({ legs }) => legs,
  searchTextOf: ({ name }) => name,
  idOf: ({ name }) => name,
  compare: (a, b) => a.name.localeCompare(b.name),
};
const animals: Animal[] = [
  { name: 'sheep', legs: 'four' },
  { name: 'goose', legs: 'two' },
  { name: 'goat', legs: 'four' },
];

test('rows stand in their groups, sorted, and empty groups are left out', () => {
  const all = groupRows(animals, [], grouping);
  assert.deepEqual(all.groups, [
    { group: 'two', ids: ['goose'] },
    { group: 'four', ids: ['goat', 'sheep'] },
  ]);
  const found = groupRows(animals, ['goa'], grouping);
  assert.deepEqual([found.groups, found.found], [[{ group: 'four', ids: ['goat'] }], 1]);
  assert.deepEqual(found.counts, { two: 1, four: 2 }, 'the counts are of everything');
});

test('the keyboard goes over the bounds of groups and stops at the ends', () => {
  const rows = groupRows(animals, [], grouping);
  assert.equal(rowAfter(rows, 'goose', 'next'), 'goat');
  assert.equal(rowAfter(rows, 'sheep', 'next'), 'sheep');
  assert.equal(rowAfter(rows, null, 'next'), 'goose');
  assert.equal(rowAfter({ groups: [] }, null, 'last'), null);
});
