import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bulkQuestion, concernedBy } from './bulk-words.ts';

const counts = { running: 1, waiting: 2, paused: 3, failed: 4, finished: 5 };

test('a question names how many it concerns: all that have not ended, or all that have', () => {
  assert.equal(concernedBy('cancel-all', counts), 6);
  assert.equal(concernedBy('remove-finished', counts), 9);
  assert.equal(bulkQuestion('cancel-all', counts, false).yes, 'Cancel 6 transfers');
  assert.equal(bulkQuestion('remove-finished', { ...counts, failed: 0, finished: 1 }, false).yes, 'Remove 1 transfer');
});

test('with a filter it says that hidden ones are concerned, too', () => {
  assert.match(bulkQuestion('cancel-all', counts, true).text, /filter hides/);
  assert.doesNotMatch(bulkQuestion('cancel-all', counts, false).text, /filter/);
});
