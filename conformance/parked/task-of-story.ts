// Which code of the story an app may have started, and how an app registers its task once (SB-08).
import path from 'node:path';
import type { AppManifest } from '@longhaul/agent-protocol';
import { type Agent, BackgroundTaskBuilder, BackgroundTaskRegistration, SocketActivityTrigger } from '@longhaul/client';

export const storyApp = 'com.example.story';

const entryPointOf = (module: string): string => `${path.join(import.meta.dirname, module)}#run`;

/** Task hosts of the app are started in `folder`. */
export const manifestOf = (app: string, folder: string, module: string): AppManifest => ({
  id: app,
  folder,
  tasks: [{ entryPoint: entryPointOf(module), triggers: ['socket-activity'] }],
});

export const storyManifest = (folder: string): AppManifest => manifestOf(storyApp, folder, 'task.ts');

/** Its `taskId`, the same in every process. */
export async function registerTask(agent: Agent, module = 'task.ts'): Promise<string> {
  const registered = await BackgroundTaskRegistration.allTasks(agent);
  for (const { name, taskId } of registered.values()) if (name === module) return taskId;
  const builder = new BackgroundTaskBuilder(agent);
  builder.name = module;
  builder.taskEntryPoint = entryPointOf(module);
  builder.setTrigger(new SocketActivityTrigger());
  return (await builder.register()).taskId;
}
