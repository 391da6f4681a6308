import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UploadStream } from './upload-stream.ts';

describe('an upload stream (§8.6)', () => {
  test('readers that came first get the items in order, then the end', async () => {
    const stream = new UploadStream(2);
    const reads = [stream.next(), stream.next(), stream.next(), stream.next()];
    stream.push('a');
    stream.push('b');
    stream.end();
    assert.deepEqual(await Promise.all(reads), [
      { done: false, value: 'a' },
      { done: false, value: 'b' },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });

  test('buffered items come before the end, and before its error', async () => {
    const stream = new UploadStream(2);
    stream.push(1);
    stream.push(2);
    stream.end(new Error('gave up'));
    assert.deepEqual([(await stream.next()).value, (await stream.next()).value], [1, 2]);
    await assert.rejects(stream.next(), { message: 'gave up' });
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });

  test('an error reaches the reader that waits for it', async () => {
    const stream = new UploadStream(1);
    const read = stream.next();
    stream.end(new Error('gave up'));
    await assert.rejects(read, { message: 'gave up' });
  });

  test('a push over the capacity waits for one read', async () => {
    const stream = new UploadStream(2);
    assert.equal(stream.push(1), undefined);
    assert.equal(stream.push(2), undefined);
    const held = stream.push(3);
    assert.ok(held instanceof Promise);
    assert.equal((await stream.next()).value, 1);
    await held;
  });

  test('leaving the loop drops what is buffered and what still comes', async () => {
    const stream = new UploadStream(1);
    stream.push(1);
    const held = stream.push(2);
    for await (const item of stream) {
      assert.equal(item, 1);
      break;
    }
    await held;
    assert.equal(stream.push(3), undefined);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });

  test('ending twice changes nothing', async () => {
    const stream = new UploadStream(1);
    stream.end();
    stream.end(new Error('too late'));
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  });
});
