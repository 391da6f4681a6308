// The public surface of a package as text: every declaration that its index exports, from the .d.ts files of `tsc -b`,
// without comments and private parts, sorted. `node scripts/api.ts` writes api.txt beside each package's README,
// `--check` compares and fails. A package joins by having an api.txt.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
export const packagesWithSurface = ['websockets'];

/** Where an exported name is declared, and under which name there. */
interface Export {
  readonly file: string;
  readonly local: string;
}

const declarationOf = (file: string) => file.replace(/(?:\.d)?\.ts$/, '.d.ts');

/** `export { a, type b as c } from './x.ts'` of an index. */
function exportsOf(index: string): Map<string, Export> {
  const found = new Map<string, Export>();
  const text = withoutComments(readFileSync(index, 'utf8'));
  for (const [, names, from] of text.matchAll(/export (?:type )?\{([^}]*)\} from ['"]([^'"]+)['"]/g)) {
    for (const name of names!.split(',').map(part => part.trim().replace(/^type /, ''))) {
      if (name === '') continue;
      const [local, exported = local] = name.split(/ as /);
      found.set(exported!, { file: declarationOf(path.join(path.dirname(index), from!)), local: local! });
    }
  }
  return found;
}

/** Comments gone; a member whose comment says @internal goes with it. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*\*(?:(?!\*\/)[\s\S])*@internal(?:(?!\*\/)[\s\S])*\*\/\s*[^;{]*;/g, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

/** The top-level declarations of a .d.ts by name; the overloads of a function stand together. */
function declarationsIn(file: string): Map<string, string> {
  const found = new Map<string, string>();
  const statements = withoutComments(readFileSync(file, 'utf8')).split(
    /\n(?=(?:export|declare|import|interface|type)\b)/,
  );
  for (const statement of statements) {
    const match = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/.exec(
      statement,
    );
    if (match === null) continue;
    const lines = statement
      .split('\n')
      .map(line => line.trimEnd().replace(/^( +)/, spaces => ' '.repeat(spaces.length / 2)))
      .filter(line => line.trim() !== '' && !/^\s*(?:#private|private .*);$/.test(line));
    const declaration = lines.join('\n').replace(/^(?:export )?(?:declare )?/, '');
    const earlier = found.get(match[1]!);
    found.set(match[1]!, earlier === undefined ? declaration : `${earlier}\n${declaration}`);
  }
  return found;
}

/** The text of api.txt. */
export function surfaceOf(name: string): string {
  const folder = path.join(root, 'packages', name);
  const parts = [...exportsOf(path.join(folder, 'dist/index.d.ts'))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([exported, { file, local }]) => {
      const declaration = declarationsIn(file).get(local);
      if (declaration === undefined) throw new Error(`${exported}: no declaration of ${local} in ${file}`);
      return local === exported ? declaration : `${declaration}\n// exported as ${exported}`;
    });
  const head = `# What @longhaul/${name} exports. Written by scripts/api.ts; change the code, then run \`npm run build\` and it.`;
  return `${[head, ...parts].join('\n\n')}\n`;
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
