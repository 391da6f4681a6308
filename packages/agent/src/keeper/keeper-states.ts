// What the keeper does about its one agent, as a table: what happened in, the new state and what to do out. Pure; `now` is an
// argument. Rule: an agent that served and died is started again for ever (slower after repeated crashes); one that says why
// it cannot start, or cannot start several times in a row without having been killed, ends the keeper - unless it has vaults:
// the connections in them would end with it, so it goes on trying.
import type { ErrorCode } from '@longhaul/agent-protocol';
import type { KeeperLimits } from '../options.ts';

/** Why an agent could not start. With `isFatal` another attempt would fail alike. */
export interface StartFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly isFatal: boolean;
}

/** When serving agents died: times in milliseconds. */
interface Deaths {
  readonly crashes: readonly number[];
  readonly kills: readonly number[];
}

export type KeeperState =
  /** An agent process runs and has not reported ready. */
  | {
      readonly kind: 'starting';
      readonly until: number;
      readonly failedStarts: number;
      readonly deaths: Deaths;
      readonly failure: StartFailure | null;
    }
  | { readonly kind: 'serving'; readonly deaths: Deaths }
  /** No agent; the next starts at `until`. `failure`: why none can be had, where the keeper would end but for its vaults. */
  | {
      readonly kind: 'resting';
      readonly until: number;
      readonly failedStarts: number;
      readonly deaths: Deaths;
      readonly failure: StartFailure | null;
    }
  /** The agent was asked to end so that a new one can start. */
  | { readonly kind: 'renewing'; readonly until: number; readonly deaths: Deaths }
  /** The agent was asked to end for good. */
  | { readonly kind: 'stopping'; readonly until: number; readonly failure: StartFailure | null }
  | { readonly kind: 'ended'; readonly failure: StartFailure | null };

export type KeeperEvent =
  | { readonly type: 'agent-ready' }
  | { readonly type: 'agent-failed'; readonly failure: StartFailure }
  /** `hasVaults`: there are vaults by now, which end with the keeper. */
  | { readonly type: 'agent-exited'; readonly how: string; readonly isKill: boolean; readonly hasVaults: boolean }
  | { readonly type: 'renew-asked' }
  | { readonly type: 'stop-asked' }
  /** The keeper itself cannot go on, for example because it cannot listen. */
  | { readonly type: 'keeper-failed'; readonly failure: StartFailure }
  /** The time `deadlineOf(state)` has come. */
  | { readonly type: 'deadline-passed' };

/** `hold`: connections wait for the next agent. `refuse`: until one serves they are told why there is none. */
export type KeeperEffect = 'start-agent' | 'ask-agent-to-stop' | 'kill-agent' | 'serve' | 'hold' | 'refuse' | 'end';

export interface KeeperStep {
  readonly state: KeeperState;
  readonly effects: readonly KeeperEffect[];
}

const noDeaths: Deaths = { crashes: [], kills: [] };

export function begin(now: number, limits: KeeperLimits): KeeperStep {
  return start(now, limits, 0, noDeaths);
}

/** When the state wants `deadline-passed`; `undefined` when it waits for nothing. */
export function deadlineOf(state: KeeperState): number | undefined {
  return 'until' in state ? state.until : undefined;
}

export function step(state: KeeperState, event: KeeperEvent, now: number, limits: KeeperLimits): KeeperStep {
  const stay: KeeperStep = { state, effects: [] };
  switch (state.kind) {
    case 'starting':
      switch (event.type) {
        case 'agent-ready':
          return { state: { kind: 'serving', deaths: state.deaths }, effects: ['serve'] };
        case 'agent-failed':
          return { state: { ...state, failure: event.failure }, effects: [] };
        case 'agent-exited':
          return isKilledByOthers(state, event)
            ? afterDeath(state.deaths, true, now, limits)
            : afterFailedStart(state, event, now, limits);
        case 'deadline-passed':
          return { state: { ...state, until: Number.POSITIVE_INFINITY }, effects: ['kill-agent'] };
        case 'renew-asked':
          return stay;
        case 'stop-asked':
          return stopping(now, limits, null);
        case 'keeper-failed':
          return stopping(now, limits, event.failure);
      }
      break;
    case 'serving':
      switch (event.type) {
        case 'agent-exited':
          return afterDeath(state.deaths, event.isKill, now, limits);
        case 'renew-asked':
          return {
            state: { kind: 'renewing', until: now + limits.stopDeadlineMs, deaths: state.deaths },
            effects: ['hold', 'ask-agent-to-stop'],
          };
        case 'stop-asked':
          return stopping(now, limits, null);
        case 'keeper-failed':
          return stopping(now, limits, event.failure);
        case 'agent-ready':
        case 'agent-failed':
        case 'deadline-passed':
          return stay;
      }
      break;
    case 'resting':
      switch (event.type) {
        case 'deadline-passed':
          return start(now, limits, state.failedStarts, state.deaths);
        case 'stop-asked':
          return { state: { kind: 'ended', failure: null }, effects: ['end'] };
        case 'keeper-failed':
          return { state: { kind: 'ended', failure: event.failure }, effects: ['end'] };
        default:
          return stay;
      }
    case 'renewing':
      switch (event.type) {
        case 'agent-exited':
          return start(now, limits, 0, state.deaths);
        case 'deadline-passed':
          return { state: { ...state, until: Number.POSITIVE_INFINITY }, effects: ['kill-agent'] };
        case 'stop-asked':
          return { state: { kind: 'stopping', until: state.until, failure: null }, effects: [] };
        case 'keeper-failed':
          return { state: { kind: 'stopping', until: state.until, failure: event.failure }, effects: [] };
        default:
          return stay;
      }
    case 'stopping':
      switch (event.type) {
        case 'agent-exited':
          return { state: { kind: 'ended', failure: state.failure }, effects: ['end'] };
        case 'deadline-passed':
          return { state: { ...state, until: Number.POSITIVE_INFINITY }, effects: ['kill-agent'] };
        default:
          return stay;
      }
    case 'ended':
      return stay;
  }
  return stay;
}

function start(now: number, limits: KeeperLimits, failedStarts: number, deaths: Deaths): KeeperStep {
  const until = now + limits.startDeadlineMs;
  return { state: { kind: 'starting', until, failedStarts, deaths, failure: null }, effects: ['start-agent'] };
}

function stopping(now: number, limits: KeeperLimits, failure: StartFailure | null): KeeperStep {
  const until = now + limits.stopDeadlineMs;
  return { state: { kind: 'stopping', until, failure }, effects: ['hold', 'ask-agent-to-stop'] };
}

function afterFailedStart(
  state: Extract<KeeperState, { kind: 'starting' }>,
  { how, hasVaults }: Extract<KeeperEvent, { type: 'agent-exited' }>,
  now: number,
  limits: KeeperLimits,
): KeeperStep {
  const failure = state.failure ?? {
    code: 'internal',
    message: `the agent ended while starting: ${how}`,
    isFatal: false,
  };
  const failedStarts = state.failedStarts + 1;
  const isHopeless = failure.isFatal || failedStarts >= limits.maxFailedStarts;
  if (isHopeless && !hasVaults) return { state: { kind: 'ended', failure }, effects: ['end'] };
  return rest(now, backoff(failedStarts, limits), failedStarts, state.deaths, isHopeless ? failure : null);
}

/** Of a store that an agent has served: that says nothing about the next start. */
function isKilledByOthers(
  { failure, deaths }: Extract<KeeperState, { kind: 'starting' }>,
  { isKill }: Extract<KeeperEvent, { type: 'agent-exited' }>,
): boolean {
  const hasServed = deaths.kills.length + deaths.crashes.length > 0;
  return isKill && failure === null && hasServed;
}

function afterDeath(deaths: Deaths, isKill: boolean, now: number, limits: KeeperLimits): KeeperStep {
  const recent = (times: readonly number[]): readonly number[] => times.filter(at => now - at < limits.crashWindowMs);
  const crashes = isKill ? recent(deaths.crashes) : [...recent(deaths.crashes), now];
  const kills = isKill ? [...recent(deaths.kills), now] : recent(deaths.kills);
  const excess = isKill ? kills.length - limits.freeKills : crashes.length - limits.freeCrashes;
  const next: Deaths = { crashes, kills };
  if (excess > 0) return rest(now, backoff(excess, limits), 0, next);
  const started = start(now, limits, 0, next);
  return { state: started.state, effects: ['hold', ...started.effects] };
}

function rest(
  now: number,
  delayMs: number,
  failedStarts: number,
  deaths: Deaths,
  failure: StartFailure | null = null,
): KeeperStep {
  const state = { kind: 'resting', until: now + delayMs, failedStarts, deaths, failure } as const;
  return { state, effects: [failure === null ? 'hold' : 'refuse'] };
}

/** The wait after the n-th failure in a row, n from 1. */
function backoff(n: number, limits: KeeperLimits): number {
  return Math.min(limits.maxBackoffMs, limits.backoffMs * 2 ** Math.min(n - 1, 20));
}
