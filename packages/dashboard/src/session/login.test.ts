import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeIn, loginFrom } from './login.ts';

test('the code is read from the fragment', () => {
  assert.equal(codeIn('#code=abc-123_X'), 'abc-123_X');
  assert.equal(codeIn('#a=b&code=abc'), 'abc');
  assert.equal(codeIn('#code='), null);
  assert.equal(codeIn('#elsewhere'), null);
  assert.equal(codeIn(''), null);
});

test('a token lets in; a refusal asks for a new link; anything else is an agent that does not answer', () => {
  assert.deepEqual(loginFrom(200, { token: 't', role: 'browser' }), { type: 'accepted', token: 't' });
  assert.deepEqual(loginFrom(401, null), { type: 'failed', why: 'link-refused' });
  assert.deepEqual(loginFrom(429, null), { type: 'failed', why: 'link-refused' });
  for (const [status, answer] of [
    [500, null],
    [200, null],
    [200, { token: '' }],
    [200, 'token'],
  ] as const) {
    assert.deepEqual(loginFrom(status, answer), { type: 'failed', why: 'agent-unreachable' });
  }
});
