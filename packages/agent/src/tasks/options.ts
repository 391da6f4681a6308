// The numbers of the tasks room, each with its unit, default and source. Resolved and frozen once at the door.

export interface TaskLimits {
  /** Wall-clock time of a run (TI-61); then it is canceled with `execution-time-exceeded`. Milliseconds. */
  readonly maxRunMs: number;
  /** A canceled run has this long to end (TI-20); then its host is killed. Milliseconds. */
  readonly graceMs: number;
  /** A host without a run is ended after this. Milliseconds. */
  readonly warmMs: number;
  /** Whether a host that nobody needs yet is kept for the next app that needs one, while a task is registered (decision 177). */
  readonly spareHost: boolean;
  /** That host is started this long after the last host was started or has ended. Milliseconds. */
  readonly spareDelayMs: number;
  /** A host that cannot take a run within this time is killed. Long: a busy machine that has just started. Milliseconds. */
  readonly hostStartMs: number;
  /** Runs in the host that an app's runs share, at the same time; the others wait in line. */
  readonly maxParallelRuns: number;
  /** Of those, runs of one task: fewer, so that no task that hangs holds up the others of its app. */
  readonly maxParallelRunsOfTask: number;
  /** Hosts of one app at the same time: one that its runs share, the others for runs that have to be alone, or on their way out. */
  readonly maxHostsOfApp: number;
  /** Hosts at the same time, over all apps (TI-60); when another app needs one, apps take turns. */
  readonly maxHosts: number;
  /** A host that has said something within this time may get one more run without being asked whether it hears. Milliseconds. */
  readonly freshMs: number;
  /** One that has not answered after this gets no run any more: another host is started. Milliseconds. */
  readonly answerMs: number;
  /** One that has several runs and does not answer for this long is killed, so that each goes on alone. Milliseconds. */
  readonly maxDeafMs: number;
  /** Memory for the JavaScript objects of a host (TI-65). MiB. */
  readonly maxHostHeapMb: number;
  /** All memory that a host has for itself, buffers and what native code takes included; one with more is killed. MiB. */
  readonly maxHostMemoryMb: number;
  /** How often that is looked at. Milliseconds. */
  readonly memoryLookMs: number;
  /** How often a run is given to a host before it fails, when hosts or agents die under it. */
  readonly maxAttempts: number;
  /** Runs of one app that wait; one more is `quota-exceeded`. Above the number of sockets that an app may have parked. */
  readonly maxQueuedRuns: number;
  /** Runs of one app that are over and still listed; the oldest goes. */
  readonly maxRunsKept: number;
  /** Registrations of one app; one more is `quota-exceeded`. */
  readonly maxTasks: number;
  /** What is kept of a run's output: the beginning and the end. Bytes. */
  readonly maxLogBytes: number;
  /** How long what a run has printed may be in memory alone, and lost with the agent. Milliseconds. */
  readonly noteLogsAfterMs: number;
  /** Output that is taken from one host; a host that prints more has to wait. Bytes a second. */
  readonly maxPrintedBytesPerSecond: number;
  /** One fact of a task or run in this time in the long run; with the burst, never more than 10 in a second. Milliseconds. */
  readonly factIntervalMs: number;
  /** Facts of a task or run that may follow each other at once. */
  readonly factBurst: number;
}

export const defaults: TaskLimits = Object.freeze({
  maxRunMs: 30_000,
  graceMs: 5_000,
  warmMs: 30_000,
  spareHost: true,
  spareDelayMs: 1_000,
  hostStartMs: 20_000,
  maxParallelRuns: 20,
  maxParallelRunsOfTask: 16,
  maxHostsOfApp: 4,
  maxHosts: 32,
  freshMs: 20,
  answerMs: 1_000,
  maxDeafMs: 5_000,
  maxHostHeapMb: 256,
  maxHostMemoryMb: 512,
  memoryLookMs: 1_000,
  maxAttempts: 3,
  maxQueuedRuns: 32_768,
  maxRunsKept: 1_000,
  maxTasks: 1_000,
  maxLogBytes: 65_536,
  noteLogsAfterMs: 1_000,
  maxPrintedBytesPerSecond: 1_048_576,
  factIntervalMs: 150,
  factBurst: 3,
});
