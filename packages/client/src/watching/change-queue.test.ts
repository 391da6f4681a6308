import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeQueue } from './change-queue.ts';
import type { Topic } from './topic.ts';

interface Change {
  readonly type: 'is' | 'gone';
  readonly id: string;
  readonly value?: number;
}

const topic: Topic<Change> = {
  keyOf: ({ id }) => id,
  isRemoval: ({ type }) => type === 'gone',
  isOlder: () => false,
  removalOf: () => undefined,
  isOver: () => false,
};

const is = (id: string, value: number): Change => ({ type: 'is', id, value });
const gone = (id: string): Change => ({ type: 'gone', id });

function words(change: object): string {
  const { type, id = '', value = '' } = change as { type: string; id?: string; value?: number };
  return `${type} ${id}${value}`.trim();
}

/** All that waits. */
async function readAll(queue: ChangeQueue<Change>): Promise<string[]> {
  queue.failed(new Error('end'));
  const read: string[] = [];
  await assert.rejects(async () => {
    for await (const change of queue) read.push(words(change));
  }, /^Error: end$/);
  return read;
}

test('a slow reader gets the latest of each thing, in the order in which they were first told', async () => {
  const queue = new ChangeQueue(topic);
  queue.changed({ change: is('a', 1), isNew: true });
  queue.changed({ change: is('b', 1), isNew: true });
  queue.caughtUp();
  queue.changed({ change: is('a', 2), isNew: false });
  queue.changed({ change: is('c', 1), isNew: true });
  assert.deepEqual(await readAll(queue), ['is a2', 'is b1', 'caught-up', 'is c1']);
});

test('what came and went unheard is not told; the end of what was heard is', async () => {
  const queue = new ChangeQueue(topic);
  queue.changed({ change: is('unheard', 1), isNew: true });
  queue.changed({ change: gone('heard'), isNew: false });
  queue.changed({ change: gone('unheard'), isNew: false });
  assert.deepEqual(await readAll(queue), ['gone heard']);
  const again = new ChangeQueue(topic);
  again.changed({ change: gone('a'), isNew: false });
  again.changed({ change: is('a', 2), isNew: true });
  again.changed({ change: gone('a'), isNew: false });
  assert.deepEqual(await readAll(again), ['gone a'], 'it was heard of before it went the first time');
});

test('a connection that was lost and came back while nobody listened is one that stands', async () => {
  const queue = new ChangeQueue(topic);
  for (let n = 0; n < 3; n++) {
    queue.lost();
    queue.changed({ change: is('a', n), isNew: n === 0 });
    queue.caughtUp();
  }
  assert.deepEqual(await readAll(queue), ['is a2', 'caught-up']);
});

test('who waits is told at once, and ends without an error', async () => {
  const queue = new ChangeQueue(topic);
  const read: string[] = [];
  const reading = (async () => {
    for await (const change of queue) {
      read.push(words(change));
      if (read.length === 2) queue.end();
    }
  })();
  queue.changed({ change: is('a', 1), isNew: true });
  await new Promise(resolve => setImmediate(resolve));
  assert.deepEqual(read, ['is a1']);
  queue.changed({ change: is('a', 2), isNew: false });
  await reading;
  assert.deepEqual(read, ['is a1', 'is a2']);
});
