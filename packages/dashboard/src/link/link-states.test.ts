import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Link, type LinkEvent, stepLink, wantsCode } from './link-states.ts';

const after = (...events: LinkEvent[]): Link => events.reduce<Link>(stepLink, { name: 'signing-in' });
const accepted: LinkEvent = { type: 'login-accepted' };
const attempt: LinkEvent = { type: 'attempt-started' };
const connected: LinkEvent = { type: 'connected' };
const lost = (at: number, nextAttemptAt: number): LinkEvent => ({ type: 'connection-lost', at, nextAttemptAt });
const refused = (at: number): LinkEvent => ({ type: 'session-refused', at });

test('a good link leads to a live page', () => {
  assert.deepEqual(after(accepted, attempt, connected), { name: 'live' });
});

test('without a code, with a used code and without an agent the page needs a link and knows why', () => {
  assert.deepEqual(after({ type: 'code-missing', at: 5 }), { name: 'needs-link', why: 'no-code', since: 5 });
  for (const why of ['link-refused', 'agent-unreachable'] as const) {
    assert.deepEqual(after({ type: 'login-failed', why, at: 6 }), { name: 'needs-link', why, since: 6 });
  }
});

test('failed attempts move the next one but not the moment since when the page is cut off', () => {
  const cutOff = after(accepted, attempt, connected, lost(100, 600), attempt);
  assert.deepEqual(cutOff, { name: 'reconnecting', since: 100, nextAttemptAt: null });
  assert.deepEqual(stepLink(cutOff, lost(700, 1700)), { name: 'reconnecting', since: 100, nextAttemptAt: 1700 });
});

test('the page comes back by itself when the same agent answers again', () => {
  assert.deepEqual(after(accepted, attempt, connected, lost(100, 600), attempt, connected), { name: 'live' });
});

test('an agent that no longer knows the session ends it, as old as the loss that came before', () => {
  const ended = { name: 'needs-link', why: 'session-ended', since: 100 };
  assert.deepEqual(after(accepted, attempt, connected, lost(100, 600), attempt, refused(700)), ended);
  assert.deepEqual(after(accepted, attempt, refused(100)), ended);
});

test('a new link in the same tab signs in again, but a live page has no use for one', () => {
  const cutOff = after(accepted, attempt, connected, lost(100, 600));
  assert.equal(wantsCode(cutOff), true);
  assert.deepEqual(stepLink(cutOff, { type: 'code-found' }), { name: 'signing-in' });
  assert.equal(wantsCode(after({ type: 'code-missing', at: 1 })), true);
  assert.equal(wantsCode(after(accepted)), false);
  assert.equal(wantsCode(after(accepted, attempt, connected)), false);
});

test('what cannot happen throws and names state and event', () => {
  assert.throws(() => after(connected), /no step for "connected" while the link is "signing-in"/);
  assert.throws(() => after(accepted, attempt, connected, { type: 'code-found' }), /"code-found".*"live"/);
});
