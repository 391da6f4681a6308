import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Backlog } from './backlog.ts';

const send = (message: string, key?: string) => ({ message, bytes: 10, isDroppable: true, key });
const answer = (message: string) => ({ message, bytes: 10, isDroppable: false, key: undefined });

function drained(backlog: Backlog<string>): string[] {
  const messages: string[] = [];
  for (let entry = backlog.shift(); entry !== undefined; entry = backlog.shift()) messages.push(entry.message);
  return messages;
}

describe('the backlog of a slow client', () => {
  test('keeps order and counts bytes', () => {
    const backlog = new Backlog<string>();
    for (const name of ['a', 'b', 'c']) backlog.push(send(name));
    assert.deepEqual([backlog.size, backlog.bytes], [3, 30]);
    assert.deepEqual(drained(backlog), ['a', 'b', 'c']);
    assert.deepEqual([backlog.size, backlog.bytes], [0, 0]);
  });

  test('drops the oldest sends over the limit, and never what somebody waits for', () => {
    const backlog = new Backlog<string>();
    backlog.push(answer('A'));
    for (const name of ['a', 'b', 'c']) backlog.push(send(name));
    backlog.push(answer('B'));
    assert.equal(backlog.trim(30), 2);
    backlog.push(send('d'));
    assert.equal(backlog.trim(30), 1);
    assert.equal(backlog.trim(0), 1, 'the last send goes too; answers stay over the limit');
    assert.deepEqual(drained(backlog), ['A', 'B']);
  });

  test('the latest of a key takes the place of the one that waits, at the end', () => {
    const backlog = new Backlog<string>();
    assert.equal(backlog.push(send('x1', 'x')), false);
    backlog.push(send('y1', 'y'));
    assert.equal(backlog.push(send('x2', 'x')), true);
    backlog.push(send('other'));
    assert.deepEqual(drained(backlog), ['y1', 'x2', 'other']);
    assert.equal(backlog.push(send('x3', 'x')), false, 'what has left is not replaced');
  });

  test('against a plain list, over thousands of random steps', () => {
    const backlog = new Backlog<string>();
    let list: ReturnType<typeof send>[] = [];
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let step = 0; step < 20_000; step += 1) {
      const choice = random(10);
      if (choice < 6) {
        const key = random(2) === 0 ? `k${random(5)}` : undefined;
        const entry = { message: String(step), bytes: 1 + random(9), isDroppable: random(4) > 0, key };
        list = list.filter(({ key: other }) => key === undefined || other !== key);
        list.push(entry as never);
        backlog.push(entry);
      } else if (choice < 9) {
        assert.equal(backlog.shift()?.message, list.shift()?.message);
      } else {
        const limit = random(200);
        let bytes = list.reduce((sum, entry) => sum + entry.bytes, 0);
        list = list.filter(entry => {
          if (bytes <= limit || !entry.isDroppable) return true;
          bytes -= entry.bytes;
          return false;
        });
        backlog.trim(limit);
      }
      assert.equal(backlog.size, list.length);
      assert.equal(
        backlog.bytes,
        list.reduce((sum, entry) => sum + entry.bytes, 0),
      );
    }
  });
});
