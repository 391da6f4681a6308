import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safeText } from './safe-text.ts';

test('a server cannot move the cursor, colour the screen or turn the text around', () => {
  assert.equal(safeText('a\u001b[2Jb\r\n\u202ec\u009bd'), 'a\ufffd[2Jb\ufffd\ufffd\ufffdc\ufffdd');
  assert.equal(safeText('Schloß 日本 🎬'), 'Schloß 日本 🎬');
});
