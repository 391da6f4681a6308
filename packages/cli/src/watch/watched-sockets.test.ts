import assert from 'node:assert/strict';
import { test } from 'node:test';
import { socketRecord } from '@longhaul/testing/task-records';
import stringWidth from 'string-width';
import { WatchedSockets } from './watched-sockets.ts';

const plain = (_style: string, text: string) => text;
const changed = (...given: Parameters<typeof socketRecord>) =>
  ({ type: 'changed', record: socketRecord(...given) }) as const;
const removed = (id: string) => ({ type: 'removed', name: { app: 'com.example.chat', id } }) as const;

test('there is a line for every change of who has a socket, none where only its counts change', () => {
  const watched = new WatchedSockets();
  const lines = [
    changed({ id: 'a' }),
    changed({ id: 'a', wakes: 1, transfers: 2 }),
    changed({ id: 'a', status: 'orphaned', why: 'its task\nkept it' }),
    removed('a'),
  ].flatMap(change => watched.changed(change));
  assert.deepEqual(lines, [
    'com.example.chat a: parked',
    'com.example.chat a: orphaned: its task�kept it',
    'com.example.chat a: removed',
  ]);
  assert.equal(watched.caughtUp(), 'No sockets are parked.');
});

test('with an app only its sockets are meant', () => {
  const watched = new WatchedSockets('com.example.chat');
  assert.equal(watched.isOther(changed({})), false);
  assert.equal(watched.isOther(changed({ app: 'com.example.mail' })), true);
  assert.equal(watched.isOther({ type: 'removed', name: { app: 'com.example.mail', id: 'a' } }), true);
});

test('a program is given records, and the name of what was removed', () => {
  const watched = new WatchedSockets();
  assert.deepEqual(watched.json(changed({ id: 'a' })), socketRecord({ id: 'a' }));
  assert.deepEqual(watched.json(removed('a')), { app: 'com.example.chat', id: 'a', removed: true });
});

test('the picture has what changed last on top, and never leaves its window', () => {
  const watched = new WatchedSockets();
  for (let n = 1; n <= 20; n++) watched.changed(changed({ id: `room-${n}`, since: n * 1_000 }));
  watched.changed(changed({ id: 'last', since: 30_000, status: 'closed', why: 'the peer '.repeat(20) }));
  const whole = watched.frame({ columns: 100, rows: 30 }, 40_000, plain);
  assert.match(whole[1] ?? '', /^last +com\.example\.chat +stream +closed +10s +never/);
  assert.match(whole[3] ?? '', /^room-20 /);
  assert.deepEqual([whole.length, whole.at(-1)], [24, '1 closed, 20 parked']);
  const notice = 'The agent is away; looking for it. What you see is how it was.';
  for (const columns of [5, 40, 80]) {
    for (let rows = 1; rows < 30; rows++) {
      const lines = watched.frame({ columns, rows, notice }, 40_000, plain);
      assert.ok(lines.length < Math.max(2, rows), `${rows} rows: ${lines.length}`);
      assert.ok(lines.every(line => stringWidth(line) < columns));
      if (columns === 40 && rows > 6 && rows < 25) assert.match(lines.at(-3) ?? '', /^\+\d+ more$/);
    }
  }
  assert.deepEqual(new WatchedSockets().frame({ columns: 80, rows: 24 }, 0, plain), ['No sockets are parked.']);
});
