import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaults } from '../options.ts';
import { Logins } from './logins.ts';

const limits = defaults.api;
function createLogins(): Logins {
  let n = 0;
  return new Logins(limits, () => `secret-${n++}`);
}

test('a code lets in once and its token is a session', () => {
  const logins = createLogins();
  const code = logins.createCode(0);
  const answer = logins.login(code, 1);
  assert.equal(answer.kind, 'let-in');
  assert.ok(answer.kind === 'let-in' && logins.isSession(answer.token));
  assert.deepEqual(logins.login(code, 2), { kind: 'wrong-code' });
});

test('a code works until 60 s are over and not then', () => {
  const logins = createLogins();
  const first = logins.createCode(0);
  const second = logins.createCode(0);
  assert.equal(logins.login(first, 59_999).kind, 'let-in');
  assert.equal(logins.login(second, 60_000).kind, 'wrong-code');
});

test('a code is not a session and a session is not a code', () => {
  const logins = createLogins();
  const code = logins.createCode(0);
  assert.equal(logins.isSession(code), false);
  const answer = logins.login(code, 0);
  assert.ok(answer.kind === 'let-in');
  assert.equal(logins.login(answer.token, 0).kind, 'wrong-code');
});

test('after ten wrong codes in a minute even the right one is refused, until the minute is over', () => {
  const logins = createLogins();
  const code = logins.createCode(0);
  for (let i = 0; i < limits.maxWrongCodes; i++) assert.equal(logins.login(`guess-${i}`, 1_000).kind, 'wrong-code');
  assert.deepEqual(logins.login(code, 2_000), { kind: 'closed', retryAfterMs: 59_000 });
  assert.equal(logins.login('guess', 61_000).kind, 'wrong-code');
});

test('the owner opens a closed login by asking for a new link', () => {
  const logins = createLogins();
  for (let i = 0; i < limits.maxWrongCodes; i++) logins.login('guess', 0);
  assert.equal(logins.login(logins.createCode(1), 2).kind, 'let-in');
});

test('codes and sessions are bounded: the oldest go', () => {
  const logins = createLogins();
  const codes = Array.from({ length: limits.maxLoginCodes + 1 }, () => logins.createCode(0));
  assert.equal(logins.login(codes[0] as string, 0).kind, 'wrong-code');
  assert.equal(logins.login(codes[1] as string, 0).kind, 'let-in');
  const tokens = Array.from({ length: limits.maxSessions + 1 }, () => {
    const answer = logins.login(logins.createCode(0), 0);
    assert.ok(answer.kind === 'let-in');
    return answer.token;
  });
  assert.equal(logins.isSession(tokens[0] as string), false);
  assert.equal(logins.isSession(tokens.at(-1) as string), true);
});
