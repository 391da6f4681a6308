import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatHubError, HubError, parseHubError } from './hub-error.ts';
import { invocationFailed, streamingFailed } from './protocol/error-text.ts';

describe('HubError on the wire', () => {
  const errors = [
    new HubError('plain'),
    new HubError('with a code', { code: 'not-found' }),
    new HubError('with data', { code: 'quota', data: { limit: 3, names: ['a\nb', '{'] } }),
    new HubError('data alone', { data: [1] }),
    new HubError('two\nlines'),
    new HubError('looks like facts\n{"code":"forged"}'),
    new HubError('HubException: twice', { code: 'x' }),
    new HubError(''),
  ];
  for (const error of errors) {
    test(`comes back whole: ${JSON.stringify(error.message)}`, () => {
      for (const text of [invocationFailed('m', error, false), streamingFailed(error, false)]) {
        const { message, code, data } = error;
        assert.deepEqual(parseHubError(new Error(text)), { message, code, data });
        assert.deepEqual(parseHubError(text), { message, code, data });
      }
    });
  }

  test("without code and data the text is SignalR's own, to the byte", () => {
    assert.equal(
      invocationFailed('x', new HubError('no'), false),
      "An unexpected error occurred invoking 'x' on the server. HubException: no",
    );
  });

  test('with a code one line of JSON follows', () => {
    assert.equal(
      formatHubError(new HubError('no', { code: 'c', data: { a: 1 } })),
      'HubException: no\n{"code":"c","data":{"a":1}}',
    );
  });

  test('data that JSON cannot carry does not hide the error', () => {
    assert.equal(formatHubError(new HubError('no', { code: 'c', data: 1n })), 'HubException: no\n{"code":"c"}');
  });

  test('anything else is no HubError', () => {
    for (const other of [
      new Error("An unexpected error occurred invoking 'm' on the server."),
      'x',
      undefined,
      null,
      5,
      {},
    ]) {
      assert.equal(parseHubError(other), undefined);
    }
  });

  test('one that never crossed the wire is read as it is', () => {
    assert.deepEqual(parseHubError(new HubError('m', { code: 'c' })), { message: 'm', code: 'c', data: undefined });
  });
});
