// Which run the code that is executing now belongs to: its own context follows it through promises, timers and callbacks.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { TaskRun } from './task-run.ts';

/** Empty where code belongs to no run. */
export const currentRun = new AsyncLocalStorage<TaskRun>();
