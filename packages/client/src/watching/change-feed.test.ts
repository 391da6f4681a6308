import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentConnection } from '../connection/connection.ts';
import type { Link } from '../connection/link.ts';
import { ChangeFeed, type ChangeFollower } from './change-feed.ts';
import type { Topic } from './topic.ts';

const topic: Topic<string> = {
  keyOf: change => change,
  isRemoval: () => false,
  isOlder: () => false,
  removalOf: () => undefined,
  isOver: () => false,
};

/** A connection whose links the test gives and closes, and that counts who holds it. */
function connectionOf(...links: (Promise<Link> | Link)[]) {
  const connection = {
    holds: 0,
    hold() {
      connection.holds++;
      let isHeld = true;
      return {
        [Symbol.dispose]() {
          if (isHeld) connection.holds--;
          isHeld = false;
        },
      };
    },
    link: async () => links.shift() ?? new Promise<Link>(() => {}),
  };
  return connection;
}

function linkOf() {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  return { link: { closed } as unknown as Link, close };
}

function follower(failed: (error: unknown) => void = error => assert.ifError(error)) {
  const { promise: caughtUp, resolve } = Promise.withResolvers<void>();
  const told: ChangeFollower<string> = { changed() {}, caughtUp: resolve, lost() {}, failed };
  return { told, caughtUp };
}

const feedOf = (connection: ReturnType<typeof connectionOf>) =>
  new ChangeFeed<string>(connection as unknown as AgentConnection, topic, async () => ['there']);

test('who is told that nothing more can be learned holds no link any more, and may follow anew at once', async () => {
  const connection = connectionOf(Promise.reject(new Error('not reachable')), linkOf().link);
  const feed = feedOf(connection);
  const again = follower();
  const failures: unknown[] = [];
  const first = follower(error => {
    failures.push(error);
    assert.equal(connection.holds, 0);
    feed.follow(again.told);
  });
  using _following = feed.follow(first.told);
  await again.caughtUp;
  assert.deepEqual(failures.map(String), ['Error: not reachable']);
  assert.equal(connection.holds, 1);
});

test('who comes at whatever moment around the loss of a link that nobody needed is not forgotten', async () => {
  for (let moment = 0; moment < 12; moment++) {
    const { link, close } = linkOf();
    const feed = feedOf(connectionOf(link, linkOf().link, linkOf().link));
    const first = follower();
    const following = feed.follow(first.told);
    await first.caughtUp;
    following[Symbol.dispose]();
    close();
    for (let turn = 0; turn < moment; turn++) await undefined;
    const late = follower();
    using _following = feed.follow(late.told);
    const isTold = await Promise.race([
      late.caughtUp.then(() => true),
      new Promise<boolean>(resolve => setImmediate(resolve, false)),
    ]);
    assert.ok(isTold, `after ${moment} turns`);
  }
});
