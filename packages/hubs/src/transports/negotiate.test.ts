import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConnectionDirectory } from './connection-directory.ts';
import { chooseNegotiateVersion, writeNegotiateAnswer, writeNegotiateError } from './negotiate.ts';
import { parseRequestTarget, queryValue } from './request-target.ts';

const entry = { connectionId: 'public', connectionToken: 'secret', user: undefined, transport: undefined };

describe('negotiate (§2)', () => {
  test('version 1, byte for byte, keys in the order of the .NET server', () => {
    assert.equal(
      writeNegotiateAnswer(1, entry, ['WebSockets']),
      '{"negotiateVersion":1,"connectionId":"public","connectionToken":"secret","availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]}]}',
    );
  });

  test('version 0 has no token', () => {
    assert.equal(
      writeNegotiateAnswer(0, entry, ['WebSockets']),
      '{"negotiateVersion":0,"connectionId":"public","availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]}]}',
    );
  });

  const notInteger = { error: 'The client requested a non-integer protocol version.' };
  const tooOld = (version: string) => ({
    error: `The client requested version '${version}', but the server does not support this version.`,
  });
  const table: readonly (readonly [string | undefined, number, object])[] = [
    [undefined, 0, { version: 0 }],
    ['0', 0, { version: 0 }],
    ['1', 0, { version: 1 }],
    ['2', 0, { version: 1 }],
    ['2147483647', 0, { version: 1 }],
    ['2147483648', 0, notInteger],
    ['', 0, notInteger],
    ['x', 0, notInteger],
    ['1.5', 0, notInteger],
    ['1e3', 0, notInteger],
    ['-1', 0, tooOld('-1')],
    [undefined, 1, tooOld('0')],
    ['0', 1, tooOld('0')],
    ['1', 1, { version: 1 }],
  ];
  for (const [requested, minimum, expected] of table) {
    test(`negotiateVersion=${requested}, lowest ${minimum}`, () => {
      assert.deepEqual(chooseNegotiateVersion(requested, minimum), expected);
    });
  }

  test('an error has one key', () => assert.equal(writeNegotiateError('no'), '{"error":"no"}'));
});

describe('the directory of connections (§2, §3)', () => {
  const create = (): ConnectionDirectory<{ id: string }> => {
    const ids = [1, 2, 3, 4, 5, 6, 7, 8].values();
    return new ConnectionDirectory(() => `id${ids.next().value}`);
  };

  test('from version 1 on the token is not the id; before it is', () => {
    const directory = create();
    const one = directory.negotiate(1, undefined, 10);
    assert.notEqual(one.connectionId, one.connectionToken);
    assert.equal(directory.find(one.connectionId), undefined);
    const zero = directory.negotiate(0, undefined, 10);
    assert.equal(zero.connectionId, zero.connectionToken);
  });

  test('a token opens one connection, once', () => {
    const directory = create();
    const { connectionToken } = directory.negotiate(1, { id: 'ann' }, 10);
    assert.equal(directory.attach(connectionToken, 'WebSockets'), true);
    assert.equal(directory.attach(connectionToken, 'WebSockets'), false);
    assert.equal(directory.attach('other', 'WebSockets'), false);
    assert.deepEqual(directory.find(connectionToken)?.user, { id: 'ann' });
  });

  test('what nobody opens in time is forgotten, what is open stays', () => {
    const directory = create();
    const waiting = directory.negotiate(1, undefined, 15_000);
    const later = directory.negotiate(1, undefined, 20_000);
    const open = directory.negotiate(1, undefined, 15_000);
    directory.attach(open.connectionToken, 'WebSockets');
    assert.equal(directory.pendingCount, 2);
    directory.disposeOverdue(14_999);
    assert.equal(directory.size, 3);
    directory.disposeOverdue(15_000);
    assert.equal(directory.find(waiting.connectionToken), undefined);
    assert.ok(directory.find(later.connectionToken));
    assert.ok(directory.find(open.connectionToken));
    assert.equal(directory.pendingCount, 1);
    directory.remove(later.connectionToken);
    directory.remove(later.connectionToken);
    directory.remove(open.connectionToken);
    assert.deepEqual([directory.pendingCount, directory.size], [0, 0]);
  });
});

describe('paths and query keys (§1)', () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ['/chat', '/chat'],
    ['/Chat/?id=X', '/chat'],
    ['/CHAT/Negotiate?negotiateVersion=1', '/chat/negotiate'],
    ['/a%20b', '/a b'],
    ['/x/../chat', '/chat'],
    ['//chat', '//chat'],
    ['http://host:1/chat?x', '/chat'],
    ['/%', undefined],
    ['*', undefined],
    ['', undefined],
  ];
  for (const [url, path] of table) {
    test(`path of "${url}"`, () => assert.equal(parseRequestTarget(url)?.path, path));
  }

  test('query keys are found in any case, values are as they are', () => {
    const { query } = parseRequestTarget('/chat?ID=AbC&negotiateversion=1&__proto__=x')!;
    assert.deepEqual(
      [queryValue(query, 'id'), queryValue(query, 'negotiateVersion'), queryValue(query, 'none')],
      ['AbC', '1', undefined],
    );
  });
});
