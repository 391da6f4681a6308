// Enforces layers.json: who may import whom, which files stay pure, which run in browsers.
// Prints one line per violation and ends with exit code 1 when there is any.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface Layers {
  packages: Record<string, string[]>;
  rooms: Record<string, { features: string[]; composition: string[] }>;
  pure: { files: string[]; forbiddenImports: string[]; forbiddenCalls: string[] };
  browser: string[];
}

const root = path.join(import.meta.dirname, '..');
const layers: Layers = JSON.parse(readFileSync(path.join(root, 'layers.json'), 'utf8'));
const violations: string[] = [];

const isTest = (file: string) => /\.test\.tsx?$/.test(file);
const sources = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root }).filter(file => !isTest(file));
const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;

function importsOf(text: string): string[] {
  return [...text.matchAll(importPattern)].map(match => (match[1] ?? match[2] ?? match[3])!);
}

/** Text without comments, so that prose may name what code must not call. */
const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:])\/\/.*$/gm, '$1');

function checkPackageImport(file: string, owner: string, specifier: string): void {
  const allowed = layers.packages[owner];
  if (!allowed) return void violations.push(`${file}: package ${owner} is not in layers.json`);
  const target = specifier.slice('@longhaul/'.length);
  const isAllowed = target === owner || target.startsWith(`${owner}/`) || allowed.includes(target);
  if (!isAllowed) violations.push(`${file}: ${owner} may not import @longhaul/${target}`);
}

function checkFeatureImport(file: string, owner: string, specifier: string): void {
  const rooms = layers.rooms[owner];
  if (!rooms || !specifier.startsWith('.')) return;
  const base = `packages/${owner}/src/`;
  const from = file.slice(base.length).split('/')[0]!;
  const to = path.posix
    .normalize(path.posix.join(path.posix.dirname(file), specifier))
    .slice(base.length)
    .split('/')[0]!;
  if (rooms.features.includes(from) && rooms.features.includes(to) && from !== to)
    violations.push(
      `${file}: feature ${from} may not import feature ${to}; ${rooms.composition.join(', ')} joins them`,
    );
}

for (const file of sources) {
  const owner = file.split('/')[1]!;
  const text = readFileSync(path.join(root, file), 'utf8');
  const specifiers = importsOf(text);
  for (const specifier of specifiers) {
    if (specifier.startsWith('@longhaul/')) checkPackageImport(file, owner, specifier);
    checkFeatureImport(file, owner, specifier);
  }
  if (layers.pure.files.some(pattern => path.matchesGlob(file, pattern))) {
    for (const specifier of specifiers)
      if (layers.pure.forbiddenImports.includes(specifier))
        violations.push(`${file}: a pure file may not import ${specifier}`);
    const code = withoutComments(text);
    for (const call of layers.pure.forbiddenCalls)
      if (code.includes(call))
        violations.push(`${file}: a pure file may not call ${call.replace('(', '')}; take it as an argument`);
  }
  if (layers.browser.some(pattern => path.matchesGlob(file, pattern)))
    for (const specifier of specifiers)
      if (specifier.startsWith('node:')) violations.push(`${file}: runs in browsers, may not import ${specifier}`);
}

for (const violation of violations) console.error(violation);
console.error(`layers: ${sources.length} files, ${violations.length} violations`);
process.exitCode = violations.length > 0 ? 1 : 0;
