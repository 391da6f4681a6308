// ACTS. The functions of an app's tasks. A module is imported once for each host: to ask Node again for one that it has takes
// longer than the rest of a warm wake in this process.
import { pathToFileURL } from 'node:url';
import { LonghaulError } from '@longhaul/agent-protocol/errors';
import type { BackgroundTask } from './background-task-instance.ts';

type Module = Readonly<Record<string, unknown>>;

export class TaskFunctions {
  /** By file. */
  readonly #modules = new Map<string, Module>();

  /**
   * At once when its module is loaded; what is thrown while it is loaded is thrown each time it is asked for.
   *
   * @throws LonghaulError `task-failed` when the module has no such function
   */
  find(entryPoint: string): BackgroundTask | Promise<BackgroundTask> {
    const at = entryPoint.lastIndexOf('#');
    const file = entryPoint.slice(0, at);
    const name = entryPoint.slice(at + 1);
    const module = this.#modules.get(file);
    return module === undefined ? this.#load(file, name) : functionOf(module, file, name);
  }

  async #load(file: string, name: string): Promise<BackgroundTask> {
    const module = (await import(pathToFileURL(file).href)) as Module;
    this.#modules.set(file, module);
    return functionOf(module, file, name);
  }
}

function functionOf(module: Module, file: string, name: string): BackgroundTask {
  const task = module[name];
  if (typeof task === 'function') return task as BackgroundTask;
  const found = task === undefined ? 'does not export' : 'exports no function as';
  throw new LonghaulError('task-failed', `${file} ${found} "${name}"`);
}
