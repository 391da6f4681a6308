// The hub's verbs for registrations and runs of background tasks.
import { AppId, LonghaulError, RegisterTaskRequest, RunId, TaskId } from '@longhaul/agent-protocol';
import * as v from 'valibot';
import type { Scope } from '../scope.ts';
import type { TaskManifest, Tasks } from '../tasks/door.ts';
import { watchGroup } from './feed.ts';
import type { Verb } from './verb.ts';

export const taskMethods = (verb: Verb, tasks: Tasks, manifestOf: (app: string) => TaskManifest | undefined) => ({
  registerTask: verb('registerTask', [RegisterTaskRequest], ({ scope }, [request]) =>
    tasks.register(appOf(scope), request),
  ),
  listTasks: verb('listTasks', [], ({ scope }) => tasks.list(scope)),
  watchTasks: verb('watchTasks', [], async ({ scope }, _, call) => {
    // First the group, then the list: what changes in between comes twice rather than not at all.
    await call.groups.add(call.connectionId, watchGroup(scope, 'tasks'));
    return tasks.list(scope);
  }),
  unregisterTask: verb('unregisterTask', [TaskId, v.boolean()], ({ scope }, [id, cancelTask]) =>
    tasks.unregister(scope, id, cancelTask),
  ),
  listRuns: verb('listRuns', [v.nullable(TaskId)], ({ scope }, [taskId]) => tasks.listRuns(scope, taskId)),
  getRun: verb('getRun', [RunId], ({ scope }, [id]) => tasks.getRun(scope, id)),
  cancelRun: verb('cancelRun', [RunId], ({ scope }, [id]) => tasks.cancelRun(scope, id)),
  renewTasks: verb('renewTasks', [AppId], (_, [app]) => {
    const manifest = manifestOf(app);
    if (manifest !== undefined) tasks.checkModules(manifest);
    tasks.renew(app);
  }),
});

/** The table of roles lets apps only come here. */
function appOf(scope: Scope): string {
  if (scope.role === 'app') return scope.app;
  throw new LonghaulError('access-denied', 'tasks belong to apps');
}
