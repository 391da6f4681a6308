// Which SDK's program is likely to be needed next, so that a host can wait with it loaded.
import type { TaskRecord } from '@longhaul/agent-protocol';
import { declaredPlace, hostProgramFor, type TaskManifest } from './entry-point.ts';

export interface ProgramWantedOptions {
  /** One of each app, the one that ran last first. */
  readonly tasks: readonly TaskRecord[];
  readonly manifestOf: (app: string) => TaskManifest | undefined;
  readonly hasHost: (app: string) => boolean;
}

/** Of the app that has no host and ran last; if all have one, of the one that ran last. `undefined`: nothing can be started. */
export function programWanted({ tasks, manifestOf, hasHost }: ProgramWantedOptions): string | undefined {
  const withHost = tasks.filter(({ app }) => hasHost(app));
  for (const { app, entryPoint, trigger } of [...tasks.filter(task => !withHost.includes(task)), ...withHost]) {
    try {
      return hostProgramFor(declaredPlace(app, manifestOf(app), entryPoint, trigger.type));
    } catch {
      // Its first run will say what is missing.
    }
  }
  return undefined;
}
