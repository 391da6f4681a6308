// The public surface of a package as text: every declaration that its entry points export, and after them the declarations
// those mention without exporting them; from the .d.ts files of `tsc -b`, without comments and private parts, sorted.
// `node scripts/api.ts` writes api.txt beside each package's README, `--check` compares and fails.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
export const packagesWithSurface = ['websockets', 'hubs', 'client', 'agent-protocol'];

/** A declaration, as `file` declares it. */
interface Place {
  readonly file: string;
  readonly local: string;
}

/** What a .d.ts declares, and what it has from elsewhere, by the name it has here. */
interface Declarations {
  readonly own: ReadonlyMap<string, string>;
  readonly imported: ReadonlyMap<string, Place>;
}

const withoutExtension = (file: string) => file.replace(/(?:\.d)?\.ts$/, '');
const declarationFile = (from: string, specifier: string) =>
  `${withoutExtension(path.join(path.dirname(from), specifier))}.d.ts`;

/** Comments gone; a member whose comment says @internal goes with it. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*\*(?:(?!\*\/)[\s\S])*@internal(?:(?!\*\/)[\s\S])*\*\/\s*[^;{]*;/g, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

/** `a`, `type b as c` between braces: the name there and the name here. */
function namesIn(braces: string): [there: string, here: string][] {
  return braces
    .split(',')
    .map(part => part.trim().replace(/^type /, ''))
    .filter(part => part !== '')
    .map(part => {
      const [there, here = there] = part.split(/ as /);
      return [there!, here!];
    });
}

const read = new Map<string, Declarations>();

/** The top-level declarations of a .d.ts by name; the overloads of a function stand together. */
function declarationsOf(file: string): Declarations {
  const known = read.get(file);
  if (known !== undefined) return known;
  const own = new Map<string, string>();
  const imported = new Map<string, Place>();
  for (const statement of withoutComments(readFileSync(file, 'utf8')).split(
    /\n(?=(?:export|declare|import|interface|type)\b)/,
  )) {
    const from = /^import (?:type )?\{([^}]*)\} from ['"](\.[^'"]+)['"]/.exec(statement);
    for (const [there, here] of from === null ? [] : namesIn(from[1]!))
      imported.set(here, { file: declarationFile(file, from![2]!), local: there });
    const match =
      /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/.exec(
        statement,
      );
    if (match === null) continue;
    const lines = statement
      .split('\n')
      .map(line => line.trimEnd().replace(/^( +)/, spaces => ' '.repeat(spaces.length / 2)))
      .filter(line => line.trim() !== '' && !/^\s*(?:#private|private .*);$/.test(line));
    const declaration = lines.join('\n').replace(/^(?:export )?(?:declare )?/, '');
    const earlier = own.get(match[1]!);
    own.set(match[1]!, earlier === undefined ? declaration : `${earlier}\n${declaration}`);
  }
  const declarations = { own, imported };
  read.set(file, declarations);
  return declarations;
}

/** What an entry point exports, by name; `others` are the lines for what it hands on from other packages. */
function exportsOf(index: string): { places: Map<string, Place>; others: string[] } {
  const places = new Map<string, Place>();
  const others: string[] = [];
  const text = withoutComments(readFileSync(index, 'utf8'));
  for (const [, names, from] of text.matchAll(/export (?:type )?\{([^}]*)\} from ['"]([^'"]+)['"]/g)) {
    if (!from!.startsWith('.'))
      others.push(
        `// from ${from}: ${namesIn(names!)
          .map(([, here]) => here)
          .sort()
          .join(', ')}`,
      );
    else for (const [local, here] of namesIn(names!)) places.set(here, { file: declarationFile(index, from!), local });
  }
  for (const [, from] of text.matchAll(/export \* from ['"](\.[^'"]+)['"]/g))
    for (const [name, place] of exportsOf(declarationFile(index, from!)).places) places.set(name, place);
  for (const [, local] of text.matchAll(
    /^export (?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/gm,
  ))
    places.set(local!, { file: index, local: local! });
  return { places, others };
}

function declarationAt({ file, local }: Place): string {
  const { own, imported } = declarationsOf(file);
  const elsewhere = imported.get(local);
  if (elsewhere !== undefined) return declarationAt(elsewhere);
  const declaration = own.get(local);
  if (declaration === undefined) throw new Error(`No declaration of ${local} in ${file}`);
  return declaration;
}

/** The declarations that `text` of `file` names, each where it stands. */
function mentionsIn(text: string, file: string): Place[] {
  const { own, imported } = declarationsOf(file);
  const places: Place[] = [];
  for (const name of new Set(text.replace(/'[^']*'|"[^"]*"/g, '').match(/(?<![\w$.#])[A-Z]\w*/g))) {
    const place = imported.get(name) ?? (own.has(name) ? { file, local: name } : undefined);
    if (place !== undefined) places.push(resolved(place));
  }
  return places;
}

function resolved(place: Place): Place {
  const elsewhere = declarationsOf(place.file).imported.get(place.local);
  return elsewhere === undefined ? place : resolved(elsewhere);
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);
const keyOf = ({ file, local }: Place) => `${file} ${local}`;

/** The text of api.txt. */
export function surfaceOf(name: string): string {
  const folder = path.join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { types?: string }>;
  };
  const parts = [
    `# What @longhaul/${name} exports. Written by scripts/api.ts; change the code, then run \`npm run build\` and it.`,
  ];
  const shown = new Set<string>();
  const open: Place[] = [];
  for (const [entry, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string' || target.types === undefined) continue;
    if (entry !== '.') parts.push(`## @longhaul/${name}${entry.slice(1)}`);
    const { places, others } = exportsOf(path.join(folder, target.types));
    parts.push(...others.sort());
    for (const [exported, place] of [...places].sort(byName)) {
      const where = resolved(place);
      const declaration = declarationAt(where);
      const isShown = shown.has(keyOf(where));
      shown.add(keyOf(where));
      open.push(...mentionsIn(declaration, where.file));
      const text = isShown ? `// ${exported}: see above` : declaration;
      parts.push(isShown || where.local === exported ? text : `${text}\n// exported as ${exported}`);
    }
  }
  const hidden = new Map<string, string>();
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (shown.has(keyOf(place))) continue;
    shown.add(keyOf(place));
    const declaration = declarationAt(place);
    hidden.set(`${place.local} ${place.file}`, declaration);
    open.push(...mentionsIn(declaration, place.file));
  }
  if (hidden.size > 0) parts.push('## Mentioned by these, not exported');
  parts.push(...[...hidden].sort(byName).map(([, declaration]) => declaration));
  return `${parts.join('\n\n')}\n`;
}

if (import.meta.main) {
  for (const name of packagesWithSurface) {
    const file = path.join(root, 'packages', name, 'api.txt');
    const surface = surfaceOf(name);
    if (!process.argv.includes('--check')) writeFileSync(file, surface);
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== surface) {
      console.error(
        `packages/${name}/api.txt is not what the package exports: run node scripts/api.ts and look at the change`,
      );
      process.exitCode = 1;
    }
  }
}
