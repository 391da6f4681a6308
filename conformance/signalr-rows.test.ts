// Every row of the SignalR protocol has a test of its name. `node conformance/signalr-rows.test.ts --table` prints them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { rows } from './signalr-rows.ts';

const folder = path.join(import.meta.dirname, '../packages/hubs');
const sources = new Map(
  [...new Set(rows.map(([, , file]) => file))].map(file => [file, readFileSync(path.join(folder, file), 'utf8')]),
);

if (process.argv.includes('--table')) {
  for (const [section, says, file, name] of rows) console.log(`| ${section} | ${says} | ${file} | ${name} |`);
} else {
  test('every row of the SignalR protocol has the test that it names', () => {
    const missing = rows.filter(([, , file, name]) => !sources.get(file)!.includes(name));
    assert.deepEqual(missing, []);
  });
}
