// Where a task's code is: the module that its entry point names, and the SDK that this module would import, whose task host
// runs it. Nothing is started that the app's manifest does not declare.
import { accessSync, constants, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { LonghaulError, type ManifestTask, type TriggerType } from '@longhaul/agent-protocol';
import { hostProgramOf } from './sdk-place.ts';

/** What the rest of the agent knows of an app. */
export interface TaskManifest {
  readonly folder: string | null;
  readonly tasks: readonly ManifestTask[];
}

export interface EntryPlace {
  /** Absolute path of the module. */
  readonly module: string;
  readonly exportName: string;
}

/** Pure: the words of an entry point as a place. `undefined` for a relative one of an app without a folder. */
export function placeOf(entryPoint: string, folder: string | null): EntryPlace | undefined {
  const at = entryPoint.lastIndexOf('#');
  const module = entryPoint.slice(0, at);
  if (!module.startsWith('/') && folder === null) return undefined;
  return { module: resolve(folder ?? '/', module), exportName: entryPoint.slice(at + 1) };
}

/** As a host is told. */
export const wordsOf = ({ module, exportName }: EntryPlace): string => `${module}#${exportName}`;

/**
 * The place of an entry point that the manifest declares for this trigger, however either writes it.
 *
 * @throws LonghaulError `task-not-declared`
 */
export function declaredPlace(
  app: string,
  manifest: TaskManifest | undefined,
  entryPoint: string,
  trigger: TriggerType,
): EntryPlace {
  const place = placeOf(entryPoint, manifest?.folder ?? null);
  const isDeclared = (manifest?.tasks ?? []).some(declared => {
    const other = placeOf(declared.entryPoint, manifest?.folder ?? null);
    return (
      place !== undefined &&
      other?.module === place.module &&
      other.exportName === place.exportName &&
      declared.triggers.includes(trigger)
    );
  });
  if (place !== undefined && isDeclared) return place;
  throw new LonghaulError(
    'task-not-declared',
    `the manifest of ${app} does not declare "${entryPoint}" for the trigger "${trigger}"`,
  );
}

/** What Node loads as a module; one without an extension it takes for JavaScript. */
const moduleExtensions: readonly string[] = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/**
 * Looked at when an app is registered (TI-01), so that the first wake is not the one to tell.
 *
 * @throws LonghaulError `invalid-argument` naming the task and the path, when a module is no file that can be read and loaded
 */
export function mustHaveModules({ folder, tasks }: TaskManifest): void {
  for (const { entryPoint } of tasks) {
    const place = placeOf(entryPoint, folder);
    const why = place === undefined ? 'its manifest has no folder' : unloadable(place.module);
    if (why !== undefined)
      throw new LonghaulError('invalid-argument', `the task "${entryPoint}" cannot be started: ${why}`);
  }
}

function unloadable(module: string): string | undefined {
  const extension = extname(module);
  if (!moduleExtensions.includes(extension)) return `${module} is no module that Node loads, by its "${extension}"`;
  try {
    if (!statSync(module).isFile()) return `${module} is no file`;
    accessSync(module, constants.R_OK);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return `there is no file ${module}`;
    return `${module} cannot be read: ${(error as Error).message}`;
  }
}

/**
 * The program that runs the task: of the SDK that its own module imports.
 *
 * @throws LonghaulError `task-failed`, saying what is missing
 */
export function hostProgramFor({ module }: EntryPlace): string {
  if (statSync(module, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new LonghaulError('task-failed', `there is no file ${module}`);
  }
  try {
    return hostProgramOf(module);
  } catch (cause) {
    const message = `${module} cannot import "@longhaul/client/task-host": install @longhaul/client where it is`;
    throw new LonghaulError('task-failed', message, { cause });
  }
}
