// Where the SDK is that a module would import, found as Node finds it: the nearest `node_modules` with that package, and what its
// package.json exports. Node's own resolver remembers for good what it has not found, and waits for ever where that file is a pipe.
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { exportConditions } from '../platform/source.ts';

const sdk = '@longhaul/client';
/** The program of the SDK that runs tasks, as the SDK exports it. */
const hostProgram = './task-host';
const conditions: ReadonlySet<string> = new Set(['node', 'import', 'module-sync', 'default', ...exportConditions]);
/** A package.json has some thousand. */
const maxManifestBytes = 1_048_576;

/**
 * The file of the program that runs tasks, of the SDK that `module` (an absolute path) would import. Looked for anew each time.
 *
 * @throws Error in words: there is no SDK, or it exports no such program
 */
export function hostProgramOf(module: string): string {
  const folder = sdkFolderOf(module);
  const program = join(folder, exportedBy(folder));
  if (!program.startsWith(folder + sep)) throw new Error(`${sdk} in ${folder} exports a program outside of it`);
  if (!statSync(program).isFile()) throw new Error(`${program} is no file`);
  return realpathSync(program);
}

/** The nearest one decides, however broken it is. */
function sdkFolderOf(module: string): string {
  for (let at = dirname(module); ; at = dirname(at)) {
    const folder = join(at, 'node_modules', sdk);
    if (basename(at) !== 'node_modules' && isThere(join(folder, 'package.json'))) return folder;
    if (at === dirname(at)) throw new Error(`no folder above ${module} has node_modules/${sdk}`);
  }
}

function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

function exportedBy(folder: string): string {
  const file = join(folder, 'package.json');
  const manifest: unknown = JSON.parse(readRegular(file));
  const target = choose(entryOf(entryOf(manifest, 'exports'), hostProgram));
  if (target?.startsWith('./')) return target;
  throw new Error(`${file} does not export ${hostProgram}`);
}

/** The first condition that holds and leads to something, as Node goes through them. */
function choose(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return undefined;
  for (const [condition, next] of Object.entries(target)) {
    const chosen = conditions.has(condition) ? choose(next) : undefined;
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

const entryOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;

/** Nothing that could be waited for: opening a pipe, or reading a device. */
function readRegular(file: string): string {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error(`${file} is no file`);
    const bytes = Buffer.alloc(Math.min(fstatSync(descriptor).size, maxManifestBytes));
    return bytes.toString('utf8', 0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}
