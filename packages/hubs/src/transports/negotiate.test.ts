import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConnectionDirectory } from './connection-directory.ts';
import {
  chooseNegotiateVersion,
  writeNegotiateAnswer,
  writeNegotiateError,
  writeNegotiateRedirect,
} from './negotiate.ts';
import { parseRequestTarget, queryValue } from './request-target.ts';

const entry = { connectionId: 'public', connectionToken: 'secret', user: undefined };

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

  test('every transport, in the order asked for, with what it can carry', () => {
    assert.equal(
      writeNegotiateAnswer(1, { ...entry, useStatefulReconnect: true }, ['LongPolling', 'ServerSentEvents']),
      '{"useStatefulReconnect":true,"negotiateVersion":1,"connectionId":"public","connectionToken":"secret","availableTransports":[{"transport":"LongPolling","transferFormats":["Text","Binary"]},{"transport":"ServerSentEvents","transferFormats":["Text"]}]}',
    );
  });

  test('a redirect, with and without an access token', () => {
    assert.equal(
      writeNegotiateRedirect(1, { url: 'https://other/hub?x=y', accessToken: 't' }),
      '{"negotiateVersion":1,"url":"https://other/hub?x=y","accessToken":"t","availableTransports":[]}',
    );
    assert.equal(
      writeNegotiateRedirect(0, { url: 'https://other/' }),
      '{"negotiateVersion":0,"url":"https://other/","availableTransports":[]}',
    );
  });

  test('an error has one key', () => assert.equal(writeNegotiateError('no'), '{"error":"no"}'));
});

describe('the directory of connections (§2, §3)', () => {
  const create = () => {
    const directory = new ConnectionDirectory<{ id: string }>();
    let count = 0;
    const negotiate = (disposeAt: number, user?: { id: string }) => {
      count += 1;
      return directory.add({ connectionId: `id${count}`, connectionToken: `token${count}`, user }, disposeAt);
    };
    return { directory, negotiate };
  };

  test('a token opens one connection, once; the id opens none', () => {
    const { directory, negotiate } = create();
    const { connectionToken, connectionId } = negotiate(10, { id: 'ann' });
    assert.equal(directory.find(connectionId), undefined);
    assert.equal(directory.attach(connectionToken, 'WebSockets'), true);
    assert.equal(directory.attach(connectionToken, 'WebSockets'), false);
    assert.equal(directory.attach('other', 'WebSockets'), false);
    assert.deepEqual(directory.find(connectionToken)?.user, { id: 'ann' });
    assert.equal(directory.find(connectionToken)?.transport, 'WebSockets');
  });

  test('what nobody opens in time is forgotten, what is open stays', () => {
    const { directory, negotiate } = create();
    const [waiting, later, open] = [negotiate(15_000), negotiate(20_000), negotiate(15_000)];
    directory.attach(open.connectionToken, 'WebSockets');
    assert.equal(directory.pendingCount, 2);
    assert.deepEqual(directory.disposeOverdue(14_999), []);
    assert.deepEqual(directory.disposeOverdue(15_000), [waiting]);
    assert.equal(directory.find(waiting.connectionToken), undefined);
    assert.ok(directory.find(later.connectionToken));
    assert.ok(directory.find(open.connectionToken));
    assert.equal(directory.pendingCount, 1);
    directory.remove(later.connectionToken);
    directory.remove(later.connectionToken);
    directory.remove(open.connectionToken);
    assert.deepEqual([directory.pendingCount, directory.size], [0, 0]);
  });

  test('a spent token is remembered until it would have expired', () => {
    const { directory } = create();
    directory.spend('token', 100);
    directory.disposeOverdue(99);
    assert.equal(directory.isSpent('token'), true);
    directory.disposeOverdue(100);
    assert.deepEqual([directory.isSpent('token'), directory.spentCount], [false, 0]);
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
