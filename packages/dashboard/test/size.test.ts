// The whole page stays small: everything that a browser loads, before compression.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { buildDashboard } from '../../../scripts/build.ts';

const most = 200_000;

test('the page with all it loads is under 200 KB, uncompressed', () => {
  assert.ok(buildDashboard(), 'the page could not be built');
  const dist = path.join(import.meta.dirname, '../dist');
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter(
    entry => entry.isFile() && !entry.name.startsWith('.'),
  );
  const sizes = files.map(({ parentPath, name }) => [name, statSync(path.join(parentPath, name)).size] as const);
  assert.ok(sizes.some(([name]) => name.endsWith('.js')) && sizes.some(([name]) => name === 'index.html'));
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  assert.ok(total < most, `${total} bytes: ${sizes.map(file => file.join(' ')).join(', ')}`);
});
