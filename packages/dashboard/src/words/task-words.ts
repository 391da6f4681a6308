// Tasks and their runs, in words. Pure.
import {
  type CancellationReason,
  isRunOver,
  type RunRecord,
  type RunStatus,
  type SocketReason,
} from '@longhaul/agent-protocol';
import type { TaskEntry } from '../tasks/task-list.ts';
import type { TaskGroup } from '../tasks/task-rows.ts';
import { agoInWords, spanInWords } from './durations.ts';
import { plain } from './place-words.ts';

export const taskGroupWords: { readonly [G in TaskGroup]: string } = {
  failing: 'Last run failed',
  running: 'Running',
  ready: 'Ready',
  gone: 'No longer registered',
};

export const taskCountWords: { readonly [G in TaskGroup]: string } = {
  failing: 'failing',
  running: 'running',
  ready: 'ready',
  gone: 'no longer registered',
};

export const runStatusWords: { readonly [S in RunStatus]: string } = {
  queued: 'Queued',
  running: 'Running',
  canceling: 'Told to end',
  completed: 'Completed',
  failed: 'Failed',
  canceled: 'Canceled',
};

const reasonWords: { readonly [R in SocketReason]: (socket: string) => string } = {
  'socket-activity': socket => `data on ${socket}`,
  'connection-accepted': socket => `a connection at ${socket}`,
  'keep-alive-timer-expired': socket => `the keep-alive of ${socket}`,
  'socket-closed': socket => `the end of ${socket}`,
};

export const cancellationWords: { readonly [R in CancellationReason]: string } = {
  abort: 'on request, or with its registration',
  terminating: 'the agent ended',
  uninstall: 'its app was unregistered',
  'execution-time-exceeded': 'it took longer than a task may',
};

/** What started it: `data on chat`. */
export const triggerInWords = ({ trigger }: RunRecord): string => reasonWords[trigger.reason](plain(trigger.socketId));

/** `12 ms`, `3 s`; `null` while it waits, be it for another attempt. */
export function tookInWords({ status, startedAt, endedAt }: RunRecord, now: number): string | null {
  if (startedAt === null || status === 'queued') return null;
  const took = Math.max(0, (endedAt ?? now) - startedAt);
  return endedAt !== null && took < 1_000 ? `${Math.round(took)} ms` : spanInWords(took);
}

/** What the task is doing: of its newest run. */
export function taskStatusInWords({ record, runs }: TaskEntry, now: number): { status: string; detail: string } {
  const [last] = runs;
  if (last === undefined) {
    const at = record?.lastRunAt ?? null;
    return { status: 'Ready', detail: at === null ? 'it has never run' : `last run ${agoInWords(at, now)}` };
  }
  const status = runStatusWords[last.status];
  if (!isRunOver(last.status)) {
    const since = last.status === 'queued' ? last.queuedAt : (last.startedAt ?? last.queuedAt);
    const span = spanInWords(now - since);
    return { status, detail: `for ${span}, after ${triggerInWords(last)}` };
  }
  return { status, detail: `${agoInWords(last.endedAt ?? last.queuedAt, now)}, after ${triggerInWords(last)}` };
}

/** What a run wrote, safe to look at: lines and tabs stay, colours and what turns text around go. */
export const logInWords = (log: string): string =>
  log
    .replace(colours, '')
    .split(/\r?\n/)
    .map(line => line.split('\t').map(plain).join('\t'))
    .join('\n')
    .trimEnd();

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape of a terminal is what it looks for
const colours = /\u001b\[[0-9;]*m/g;
