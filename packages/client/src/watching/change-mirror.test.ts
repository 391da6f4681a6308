import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeMirror, type News } from './change-mirror.ts';
import type { Topic } from './topic.ts';

interface Change {
  readonly id: string;
  /** `null`: it is no more. */
  readonly at: number | null;
}

const topic: Topic<Change> = {
  keyOf: ({ id }) => id,
  isRemoval: ({ at }) => at === null,
  isOlder: (a, b) => a.at! < b.at!,
  removalOf: ({ id }) => (id.startsWith('run') ? undefined : { id, at: null }),
  isOver: ({ id }) => id.startsWith('run'),
};

const at = (id: string, when: number | null): Change => ({ id, at: when });
const told = (news: readonly News<Change>[]) =>
  news.map(({ change, isNew }) => `${isNew ? '+' : ''}${change.id} ${change.at}`);

test('of a picture only what differs is news, and what is missing in it is gone', () => {
  const mirror = new ChangeMirror(topic);
  assert.deepEqual(told(mirror.pictureArrived([at('a', 1), at('b', 1), at('run1', 1)], [])), [
    '+a 1',
    '+b 1',
    '+run1 1',
  ]);
  assert.deepEqual(told(mirror.heard(at('a', 1))), []);
  assert.deepEqual(told(mirror.heard(at('a', 2))), ['a 2']);
  assert.deepEqual(told(mirror.pictureArrived([at('a', 3), at('c', 1)], [])), ['a 3', '+c 1', 'b null']);
  assert.deepEqual(mirror.all(), [at('a', 3), at('c', 1)], 'a run that is not listed any more is no news');
});

test('what was heard before the picture comes after it, and does not count where it is older', () => {
  const mirror = new ChangeMirror(topic);
  const early = [at('a', 1), at('b', 3), at('c', 1), at('d', null), at('e', null)];
  const picture = [at('a', 2), at('b', 2), at('d', 1)];
  assert.deepEqual(told(mirror.pictureArrived(picture, early)), ['+a 2', '+b 2', '+d 1', 'b 3', '+c 1', 'd null']);
  assert.deepEqual(told(mirror.heard(at('d', null))), [], 'it is no more already');
});

test('of what is over the last 2,000 are remembered', () => {
  const mirror = new ChangeMirror(topic);
  mirror.heard(at('a', 1));
  for (let n = 1; n <= 2_001; n++) mirror.heard(at(`run${n}`, 1));
  assert.equal(mirror.all().length, 2_001);
  assert.deepEqual(told(mirror.heard(at('run2', 1))), []);
  assert.deepEqual(told(mirror.heard(at('run1', 1))), ['+run1 1']);
});
