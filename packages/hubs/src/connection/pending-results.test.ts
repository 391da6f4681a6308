import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HubError } from '../hub-error.ts';
import { errorCompletion, resultCompletion } from '../protocol/messages.ts';
import { PendingResults } from './pending-results.ts';

describe('questions to clients (§8.7)', () => {
  test('ids are s1, s2, …, apart from the numbers of upload streams', () => {
    const results = new PendingResults();
    assert.deepEqual([results.ask('a').invocationId, results.ask('b').invocationId], ['s1', 's2']);
  });

  test('an answer arrives, once', async () => {
    const results = new PendingResults();
    const { invocationId, result } = results.ask('a');
    assert.equal(results.complete('a', resultCompletion(invocationId, 7)), true);
    assert.equal(results.complete('a', resultCompletion(invocationId, 8)), false);
    assert.equal(await result, 7);
    assert.equal(results.size, 0);
  });

  test('the error of a client is a HubError with its text', async () => {
    const results = new PendingResults();
    const { invocationId, result } = results.ask('a');
    results.complete('a', errorCompletion(invocationId, 'Error: from callback'));
    await assert.rejects(
      result,
      (error: unknown) => error instanceof HubError && error.message === 'Error: from callback',
    );
  });

  test('an answer of another connection is not taken', async () => {
    const results = new PendingResults();
    const { invocationId, result } = results.ask('a');
    assert.equal(results.complete('b', resultCompletion(invocationId, 'forged')), false);
    results.complete('a', resultCompletion(invocationId, 'right'));
    assert.equal(await result, 'right');
  });

  test('the end of a connection fails what was asked of it, and nothing else', async () => {
    const results = new PendingResults();
    const first = results.ask('a');
    const second = results.ask('a');
    const other = results.ask('b');
    results.connectionEnded('a');
    await assert.rejects(first.result, { code: 'connection-not-found', message: "Connection 'a' disconnected." });
    await assert.rejects(second.result, { code: 'connection-not-found' });
    assert.equal(results.size, 1);
    results.complete('b', resultCompletion(other.invocationId, 1));
    assert.equal(await other.result, 1);
  });

  test('giving up forgets the question: a late answer is not taken', async () => {
    const results = new PendingResults();
    const { invocationId, result } = results.ask('a');
    results.fail(invocationId, new Error('enough'));
    await assert.rejects(result, { message: 'enough' });
    assert.equal(results.complete('a', resultCompletion(invocationId, 1)), false);
  });
});
