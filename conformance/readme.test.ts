// The READMEs tell the truth that can be checked: links lead somewhere, and the first screen's example is the SDK's, which
// packages/client/test/readme.test.ts runs as it stands.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const example = (file: string) => /```ts[^\n]*\n([\s\S]*?)```/.exec(read(file))?.[1];

test('the example of the first screen is the one that the SDK runs', () => {
  assert.ok(example('README.md'));
  assert.equal(example('README.md'), example('packages/client/README.md'));
});

test('every relative link of every README and document leads to a file', () => {
  const files = globSync(['*.md', 'packages/*/*.md', 'decisions/*.md', 'examples/**/*.md', 'docs/**/*.md'], {
    cwd: root,
  });
  const broken = files.flatMap(file =>
    [...read(file).matchAll(/\]\((?!https?:|#)([^)\s#]+)(?:#[^)]*)?\)/g)]
      .map(match => path.join(path.dirname(file), match[1]!))
      .filter(target => !existsSync(path.join(root, target)))
      .map(target => `${file}: ${target}`),
  );
  // conformance/soak.json and results are written by their commands; they are committed, so they must be there too.
  assert.deepEqual(broken, []);
});
