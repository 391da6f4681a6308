import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { documents } from './docs.ts';

for (const [file, draw] of Object.entries(documents))
  test(`${file} says what the code says`, () => {
    assert.equal(readFileSync(path.join(import.meta.dirname, '..', file), 'utf8'), draw(), 'run: npm run docs');
  });
