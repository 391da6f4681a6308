// The numbers of the sockets room, each with unit, default and reason.
import type { FailurePause } from './failure-pause.ts';
import type { IdlePause } from './idle-returns.ts';

export interface SocketLimits extends FailurePause, IdlePause {
  /** Sockets of one app, those included that are over and not removed. */
  readonly maxSocketsPerApp: number;
  /** Connections of apps to the door at a time; one more is refused. */
  readonly maxChannels: number;
  /** Of those, such that have not said hello yet. */
  readonly maxStrangers: number;
  /** A connection must say hello within this time. Milliseconds. */
  readonly helloDeadlineMs: number;
  /** Requests of one connection that are worked on at a time; then nothing more is read from it. */
  readonly maxRequestsPerChannel: number;
  /** A vault must answer within this time; then its sockets cannot be had until it does. Milliseconds. */
  readonly vaultDeadlineMs: number;
  /**
   * How long an agent that begins waits for its vaults before it serves without those that do not answer: far less than its
   * keeper holds connections for it. Milliseconds.
   */
  readonly vaultPatienceMs: number;
  /** How long an app that has lost its connection may come back to what it holds; then it is parked again. Milliseconds. */
  readonly resumeMs: number;
}

export const defaults: SocketLimits = Object.freeze({
  maxSocketsPerApp: 20_000,
  maxChannels: 256,
  maxStrangers: 32,
  helloDeadlineMs: 5_000,
  maxRequestsPerChannel: 64,
  vaultDeadlineMs: 10_000,
  vaultPatienceMs: 3_000,
  resumeMs: 5_000,
  firstPauseMs: 1_000,
  maxPauseMs: 300_000,
  maxFailures: 10,
  firstIdlePauseMs: 100,
  maxIdlePauseMs: 10_000,
});
