// Which program files and flags a process of ours needs: the same modules run as source (.ts) or as built files (.js).
import { fileURLToPath } from 'node:url';

const isSource = import.meta.url.endsWith('.ts');

/** The file of an entry module, given by its path below `src` without extension. */
export function programFile(name: string): string {
  return fileURLToPath(new URL(`../${name}${isSource ? '.ts' : '.js'}`, import.meta.url));
}

/** The workspace's private condition when running from source, in what packages export. */
export const exportConditions: readonly string[] = Object.freeze(isSource ? ['longhaul-source'] : []);

/** Flags for Node: the workspace's private export condition when running from source, and no note about SQLite. */
export const nodeFlags: readonly string[] = Object.freeze([
  ...exportConditions.map(condition => `--conditions=${condition}`),
  '--disable-warning=ExperimentalWarning',
]);
