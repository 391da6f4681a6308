// BackgroundTaskBuilder (TI-01): names a task, its code and what starts it, and registers it.
import type { TriggerType } from '@longhaul/agent-protocol';
import { LonghaulError } from '@longhaul/agent-protocol/plain';
import { mustBeObject, mustBeText } from '../arguments.ts';
import { BackgroundTaskRegistration, type TaskOwner } from './background-task-registration.ts';

/** What starts a task: a `SocketActivityTrigger`. */
export interface BackgroundTrigger {
  readonly type: TriggerType;
}

export class BackgroundTaskBuilder {
  readonly #agent: TaskOwner;
  /** For people; not unique, but what an app finds its registration by (SB-08). 1 to 200 characters. */
  name = '';
  /**
   * The module, relative to the manifest's folder or absolute, and the exported function: `./background.js#run`. The
   * manifest of the app declares it, too (TI-02, TI-03).
   */
  taskEntryPoint = '';
  #trigger: BackgroundTrigger | undefined;

  constructor(agent: TaskOwner) {
    mustBeObject('the agent', agent);
    mustBeObject('the tasks of the agent', agent.tasks);
    this.#agent = agent;
  }

  /** Obligatory. */
  setTrigger(trigger: BackgroundTrigger): this {
    mustBeObject('a trigger', trigger);
    this.#trigger = trigger;
    return this;
  }

  /**
   * Durable when it resolves: it survives restarts of the app, the agent and the machine. Each call registers another task,
   * even under the same name: look among `BackgroundTaskRegistration.allTasks` first.
   *
   * @throws LonghaulError `invalid-argument` without name, entry point or trigger, `task-not-declared` when the manifest does
   * not declare entry point and trigger, `quota-exceeded`, `access-denied` for a connection without an app,
   * `not-supported-here`
   */
  async register(): Promise<BackgroundTaskRegistration> {
    const { name, taskEntryPoint } = this;
    const trigger = this.#trigger;
    mustBeText('the name of a task', name);
    mustBeText('the entry point of a task', taskEntryPoint);
    if (name === '') throw new LonghaulError('invalid-argument', 'a task has a name');
    if (taskEntryPoint === '') {
      throw new LonghaulError('invalid-argument', `the task "${name}" has an entry point, as "./background.js#run"`);
    }
    if (trigger === undefined) {
      throw new LonghaulError('invalid-argument', `the task "${name}" has no trigger: call setTrigger first`);
    }
    const { tasks } = this.#agent;
    // An id of ours, so that asking again after a lost answer registers once.
    const request = { id: crypto.randomUUID(), name, entryPoint: taskEntryPoint, trigger: { type: trigger.type } };
    return new BackgroundTaskRegistration(tasks, await tasks.register(request));
  }
}
