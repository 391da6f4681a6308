// The numbers of the page that someone may want to change.

export const defaults = Object.freeze({
  /** Wait before the first attempt to connect again, milliseconds; doubles with every failed attempt. Default 500. */
  reconnectFirstDelayMs: 500,
  /** Longest wait between two attempts, milliseconds. Default 15,000: an agent that comes back is seen soon enough. */
  reconnectMaxDelayMs: 15_000,
  /** Part of every wait that is random, 0..1, so that many open pages do not come back in one moment. Default 0.2. */
  reconnectJitter: 0.2,
  /** Longest wait for an answer to login and negotiate, milliseconds. Default 10,000. */
  requestTimeoutMs: 10_000,
  /** Time constant of the rate behind "time left", milliseconds. Default 6,000: calm, yet follows a real change. */
  paceTimeConstantMs: 6_000,
  /** How often the details of an open transfer that runs are asked for, milliseconds. Default 1,000: a rate is told for each second. */
  detailsEveryMs: 1_000,
  /** Runs of tasks that the page knows at most, the newest. Default 1,000, as many as the agent lists. */
  maxRuns: 1_000,
  /** Runs that are shown under an open task, the newest. Default 50. */
  shownRuns: 50,
  /** Marks of a task's newest runs. Default 24. */
  runMarks: 24,
  /** How often words that contain a time are renewed, milliseconds. Default 1,000. */
  tickMs: 1_000,
  /** A group with so many rows at most is made whole, so that searching and printing see it. Default 40. */
  alwaysMadeRows: 40,
  /** Rows that are made above and below the screen, pixels. Default 900: about a screen. */
  marginPx: 900,
  /** Height of a row before any was seen, pixels. Default 131, as it is with a line of words at 16 px. */
  usualRowHeightPx: 131,
});
export type DashboardOptions = typeof defaults;
