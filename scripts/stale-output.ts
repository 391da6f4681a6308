// What the compiler once wrote and nobody would write today: `tsc -b` leaves the output of a source that was renamed or
// removed, and `npm pack` would carry it along. Only such files go, so the next build has no more to do than before.
import { existsSync, globSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';

/** What `tsc -b` makes of one source. */
const outputs = /(?:\.js|\.d\.ts)(?:\.map)?$/;

/** The folders of the packages that `tsc -b` builds, by the references of the root's tsconfig.json. */
export function compiledPackages(root: string): string[] {
  const { references } = JSON.parse(readFileSync(path.join(root, 'tsconfig.json'), 'utf8')) as {
    references: readonly { path: string }[];
  };
  return references.map(reference => path.join(root, reference.path));
}

/** Removes from `dist` what has no source in `src`; gives the removed files, relative to `dist`. */
export function removeStaleOutput(packageFolder: string): string[] {
  const dist = path.join(packageFolder, 'dist');
  const stale = globSync('**/*', { cwd: dist })
    .filter(file => outputs.test(file))
    .filter(file => !isMadeFrom(path.join(packageFolder, 'src', file.replace(outputs, ''))))
    .sort();
  for (const file of stale) {
    rmSync(path.join(dist, file));
    removeEmpty(path.dirname(path.join(dist, file)), dist);
  }
  return stale;
}

/** Tests are not compiled (`exclude` of every tsconfig.json). */
function isMadeFrom(source: string): boolean {
  return !source.endsWith('.test') && (existsSync(`${source}.ts`) || existsSync(`${source}.tsx`));
}

function removeEmpty(folder: string, top: string): void {
  if (folder === top || readdirSync(folder).length > 0) return;
  rmdirSync(folder);
  removeEmpty(path.dirname(folder), top);
}
