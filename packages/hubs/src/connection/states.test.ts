import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HubServerError } from '../errors.ts';
import { HubError } from '../hub-error.ts';
import { writeJson } from '../protocol/json.ts';
import { type ConnectionEnd, closeMessageFor, disconnectErrorFor } from './end.ts';
import { type ConnectionHappening, connectionStates, step } from './states.ts';

describe('the states of a connection (§8.4)', () => {
  test('every cell of the table leads where it says, every missing one throws', () => {
    const happenings: ConnectionHappening[] = ['accepted', 'connected', 'ended', 'closed'];
    for (const state of Object.keys(connectionStates) as (keyof typeof connectionStates)[]) {
      for (const happening of happenings) {
        const next = connectionStates[state][happening];
        if (next === undefined) assert.throws(() => step(state, happening), /cannot be/);
        else assert.equal(step(state, happening), next);
      }
    }
  });

  test('a connection can end at any time, once', () => {
    for (const state of ['handshaking', 'connecting', 'open'] as const) assert.equal(step(state, 'ended'), 'closing');
    assert.throws(() => step('closing', 'ended'));
  });
});

describe('the end of a connection (§8.4)', () => {
  const tooLarge = new HubServerError('message-too-large', 'The maximum message size of 10B was exceeded.');
  const table: readonly (readonly [string, ConnectionEnd, string | undefined, string | undefined])[] = [
    ['the client sent Close', { kind: 'client-closed' }, '{"type":7}', undefined],
    ['call.abort()', { kind: 'aborted' }, '{"type":7}', undefined],
    ['the server closes', { kind: 'server-closed' }, '{"type":7,"allowReconnect":true}', undefined],
    ['the transport was closed', { kind: 'transport-closed' }, undefined, undefined],
    [
      'the transport was lost',
      { kind: 'transport-lost', error: new Error('reset') },
      undefined,
      'The connection was lost.',
    ],
    ['the handshake was refused', { kind: 'handshake-refused', text: 'x' }, undefined, undefined],
    [
      'onConnected threw',
      { kind: 'connected-failed', error: new Error('secret') },
      '{"type":7,"error":"Connection closed with an error."}',
      undefined,
    ],
    [
      'onConnected threw a HubError',
      { kind: 'connected-failed', error: new HubError('full') },
      '{"type":7,"error":"Connection closed with an error. HubException: full"}',
      undefined,
    ],
    [
      'a message was too large',
      { kind: 'failed', error: tooLarge },
      '{"type":7,"error":"Connection closed with an error.","allowReconnect":true}',
      tooLarge.message,
    ],
    [
      'the client read too slowly',
      { kind: 'failed', error: new HubServerError('slow-consumer', 'too slow') },
      '{"type":7,"error":"Connection closed with an error. HubException: too slow\\n{\\"code\\":\\"slow-consumer\\"}","allowReconnect":true}',
      'too slow',
    ],
  ];
  for (const [name, end, close, error] of table) {
    test(name, () => {
      const message = closeMessageFor(end, false);
      assert.equal(message && writeJson(message), close);
      assert.equal(disconnectErrorFor(end)?.message, error);
    });
  }

  test('with detailed errors the Close message says what happened', () => {
    const message = closeMessageFor({ kind: 'failed', error: tooLarge }, true);
    assert.equal(
      message?.error,
      'Connection closed with an error. InvalidDataException: The maximum message size of 10B was exceeded.',
    );
  });
});
