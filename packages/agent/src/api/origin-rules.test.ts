import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeHead } from './origin-rules.ts';

function judge(
  headers: Record<string, string>,
  more: { url?: string; isProtected?: boolean; isWebSocket?: boolean } = {},
) {
  const verdict = judgeHead(
    {
      url: more.url ?? '/agent/negotiate',
      headers,
      rawHeaders: Object.entries(headers).flat(),
      isProtected: more.isProtected ?? true,
      isWebSocket: more.isWebSocket ?? false,
    },
    4711,
  );
  return verdict.isAllowed ? 200 : verdict.status;
}

test('only the exact names of the loopback port are a Host', () => {
  assert.equal(judge({ host: '127.0.0.1:4711' }), 200);
  assert.equal(judge({ host: 'localhost:4711' }), 200);
  for (const host of [
    'evil.example',
    'evil.example:4711',
    '127.0.0.1',
    '127.0.0.1:80',
    'localhost.evil.example:4711',
    '127.0.0.1:4711.',
    '[::1]:4711',
    '2130706433:4711',
    '',
  ]) {
    assert.equal(judge({ host }), 421, host);
  }
});

test('a missing or doubled Host and a target in absolute form are malformed', () => {
  assert.equal(judge({}), 400);
  const doubled = judgeHead(
    {
      url: '/',
      headers: { host: 'localhost:4711' },
      rawHeaders: ['Host', 'localhost:4711', 'hOST', 'evil'],
      isProtected: false,
      isWebSocket: false,
    },
    4711,
  );
  assert.equal(doubled.isAllowed ? 200 : doubled.status, 400);
  assert.equal(judge({ host: 'localhost:4711' }, { url: 'http://localhost:4711/agent' }), 400);
});

test('an Origin must be the one the Host names', () => {
  assert.equal(judge({ host: 'localhost:4711', origin: 'http://localhost:4711' }), 200);
  for (const origin of [
    'http://127.0.0.1:4711',
    'https://localhost:4711',
    'http://localhost:4712',
    'null',
    'http://evil.example',
    '',
  ]) {
    assert.equal(judge({ host: 'localhost:4711', origin }), 403, origin);
  }
});

test('a WebSocket without an Origin is refused', () => {
  assert.equal(judge({ host: 'localhost:4711' }, { isWebSocket: true }), 403);
  assert.equal(judge({ host: 'localhost:4711', origin: 'http://localhost:4711' }, { isWebSocket: true }), 200);
});

test('another site may link to the page but not reach what is behind it', () => {
  const headers = { host: 'localhost:4711', 'sec-fetch-site': 'cross-site' };
  assert.equal(judge(headers, { url: '/', isProtected: false }), 200);
  assert.equal(judge(headers), 403);
  assert.equal(judge({ ...headers, 'sec-fetch-site': 'same-site' }), 403);
  assert.equal(judge({ ...headers, 'sec-fetch-site': 'same-origin' }), 200);
});
