import assert from 'node:assert/strict';
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { compiledPackages, removeStaleOutput } from './stale-output.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-stale-'));
after(() => rmSync(folder, { recursive: true }));

function write(...files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
}

test('output goes with its source, and everything else stays', () => {
  const made = (name: string) => ['.js', '.js.map', '.d.ts', '.d.ts.map'].map(ending => `dist/${name}${ending}`);
  write('src/index.ts', 'src/rooms/here.ts', 'src/view.tsx', 'src/rooms/here.test.ts');
  write(...made('index'), ...made('rooms/here'), 'dist/view.js', 'dist/.tsbuildinfo', 'dist/page/index.html');
  assert.deepEqual(removeStaleOutput(folder), []);

  write(...made('gone'), ...made('rooms/renamed'), ...made('old/inner/gone'), 'dist/rooms/here.test.js');
  assert.deepEqual(
    removeStaleOutput(folder),
    [...made('gone'), ...made('old/inner/gone'), 'dist/rooms/here.test.js', ...made('rooms/renamed')]
      .map(file => path.relative('dist', file))
      .sort(),
  );
  assert.deepEqual(globSync('**/*', { cwd: path.join(folder, 'dist') }).sort(), [
    'index.d.ts',
    'index.d.ts.map',
    'index.js',
    'index.js.map',
    'page',
    'page/index.html',
    'rooms',
    'rooms/here.d.ts',
    'rooms/here.d.ts.map',
    'rooms/here.js',
    'rooms/here.js.map',
    'view.js',
  ]);
});

test('a package that was never built has nothing stale', () => {
  assert.deepEqual(removeStaleOutput(path.join(folder, 'nowhere')), []);
});

test('the packages are those that the root builds', () => {
  const names = compiledPackages(path.join(import.meta.dirname, '..')).map(each => path.basename(each));
  assert.ok(names.includes('websockets') && names.includes('cli'), names.join());
});
