import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicUrl, redactUrl } from './redact-url.ts';

test('records show no user name, password or fragment', () => {
  assert.equal(publicUrl('https://ann:secret@host:8443/p?q=1#top'), 'https://host:8443/p?q=1');
});

test('logs show no query value either', () => {
  assert.equal(redactUrl('https://ann:secret@host/p%20q?sig=abc&sig=def&x'), 'https://host/p%20q?sig=…&x=…');
  assert.equal(redactUrl('https://host/p'), 'https://host/p');
  assert.equal(redactUrl('https://host/%E0%A4%A?a=b'), 'https://host/%E0%A4%A?a=…');
  assert.equal(redactUrl('secret text'), '(not a URL)');
});
