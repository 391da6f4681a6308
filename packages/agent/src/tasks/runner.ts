// Acts on runs, and joins the rooms that do: whose turn it is (line.ts), how one begins (starts.ts), has its place (seats.ts) and
// ends (endings.ts), and who is to blame when a host has died (verdicts.ts).
import {
  type CancellationReason,
  maxDoorMessageBytes,
  type SocketReason,
  type TaskRecord,
} from '@longhaul/agent-protocol';
import { Again } from '../pace/again.ts';
import { isStoreFailure, type Store } from '../store/store.ts';
import { afterAgentDeath, inHost, patchOf } from './after-death.ts';
import type { TaskBroker } from './broker.ts';
import { Conditions } from './conditions.ts';
import { Endings } from './endings.ts';
import type { TaskManifest } from './entry-point.ts';
import type { HostWord } from './host.ts';
import { Hosts, type SeatedHost } from './hosts.ts';
import type { Ledger } from './ledger.ts';
import { Line } from './line.ts';
import type { LiveRun } from './live-run.ts';
import type { TaskLimits } from './options.ts';
import { Pulses } from './pulses.ts';
import { Pump } from './pump.ts';
import { Renewal } from './renewal.ts';
import { RunLogs } from './run-logs.ts';
import { isOver, runErrorOf } from './run-states.ts';
import type { RunRow } from './runs-table.ts';
import { Seats } from './seats.ts';
import type { Spare } from './spare.ts';
import { Starts } from './starts.ts';
import { type HostEnd, verdictOf } from './verdicts.ts';
import { type WarmPlace, WarmPlaces } from './warm-places.ts';

export interface RunnerLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface RunnerOptions {
  readonly ledger: Ledger;
  readonly store: Store;
  readonly limits: TaskLimits;
  readonly now: () => number;
  readonly env: NodeJS.ProcessEnv;
  readonly broker: TaskBroker;
  readonly manifestOf: (app: string) => TaskManifest | undefined;
  readonly log: RunnerLog;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #hosts: Hosts;
  readonly #seats: Seats;
  readonly #logs: RunLogs;
  readonly #line: Line;
  readonly #renewal: Renewal;
  readonly #pulses: Pulses;
  readonly #starts: Starts;
  readonly #endings: Endings;
  readonly #warmPlaces: WarmPlaces;
  readonly #conditions = new Conditions();
  /** What is to be recorded and could not be. */
  readonly #again: Again;
  /** From the time when sockets can be lent to the end of this agent. */
  readonly #pump: Pump;

  constructor(options: RunnerOptions) {
    this.#options = options;
    const { limits, broker, ledger, log } = options;
    this.#again = new Again({
      isPassing: isStoreFailure,
      failed: err => log.error({ err }, 'what became of runs could not be recorded'),
    });
    this.#pump = new Pump(
      () => this.#serve(),
      err => log.error({ err }, 'no run can be started now'),
    );
    this.#logs = new RunLogs({
      maxBytes: limits.maxLogBytes,
      noteAfterMs: limits.noteLogsAfterMs,
      noted: id => ledger.runs.log(id),
      note: logs => ledger.noteLogs(logs),
      failed: err => log.warn({ err }, 'what runs have printed could not be noted'),
    });
    this.#hosts = new Hosts({
      ...options,
      again: this.#again,
      tasks: ledger.tasks,
      maxMessageBytes: maxDoorMessageBytes,
      listener: {
        said: (host, message) => {
          this.#pulses.heard(host);
          this.#said(host, message);
        },
        saidOfSockets: (host, message, descriptors) => {
          this.#pulses.heard(host);
          broker.said(host.seat, message, descriptors);
        },
        printed: (host, run, bytes) => this.#printed(host, run, bytes),
        heldUp: (host, ms) => {
          for (const live of this.#seats.in(host)) live.heldUp(ms);
        },
        ended: (host, end) => this.#hostEnded(host, end),
      },
    });
    const hosts = this.#hosts;
    const seats = new Seats({ hosts, ledger, limits, changed: () => this.#conditions.changed() });
    this.#seats = seats;
    this.#renewal = new Renewal({ hosts, isBusy: host => !seats.isEmpty(host), manifestOf: options.manifestOf });
    this.#pulses = new Pulses({
      limits,
      now: () => performance.now(),
      runsIn: host => seats.in(host).length,
      isReady: host => hosts.isReady(host),
      answered: () => this.#pump.now(),
      deaf: host => {
        log.warn({ app: host.app, pid: host.seat.pid }, 'a task host does not answer: some code keeps it busy');
        this.#renewal.retire(host);
        this.#pump.now();
      },
    });
    this.#line = new Line({
      runs: ledger.runs,
      hosts,
      limits,
      runsIn: host => seats.in(host).map(({ row }) => row),
      isCurrent: (row, host) => this.#renewal.isCurrent(row, host),
      isAwake: host => this.#pulses.isAwake(host),
    });
    this.#warmPlaces = new WarmPlaces({
      ledger,
      manifestOf: options.manifestOf,
      hostFor: task => (this.#pump.isServing ? this.#line.hostFor(task) : undefined),
      seat: (row, host) => this.#seat(row, host),
      unseat: live => {
        this.#logs.forget(live.row.id);
        seats.leave(live);
      },
      fail: (live, error) => this.#endings.leave(live, { name: 'fail', error: runErrorOf(error) }),
    });
    this.#endings = new Endings({
      ledger,
      logs: this.#logs,
      seats,
      again: this.#again,
      broker,
      log,
      inLine: app => this.#line.join(app),
      // Not before a host's other runs have left it, too.
      left: () => setImmediate(() => this.#pump.now()),
    });
    this.#starts = new Starts({
      ...options,
      hosts,
      seats,
      seat: (row, host) => this.#seat(row, host),
      renewal: this.#renewal,
      endings: this.#endings,
      rest: error => this.#pump.rest(error),
    });
  }

  /** The host that waits for the next app. */
  get spare(): Spare {
    return this.#hosts.spare;
  }

  /** What an agent that died has left: hosts are killed, runs wait in line again. Resolves with those that are over now. */
  async recover(): Promise<RunRow[]> {
    await this.#hosts.killEarlier();
    return afterAgentDeath(this.#options.ledger, this.#options.limits).filter(({ state }) => isOver(state));
  }

  /** From now on runs are started. `over`: those that `recover` has found to be over. */
  begin(over: readonly RunRow[]): void {
    for (const row of over) this.#endings.tell(row);
    for (const app of this.#options.ledger.runs.appsInLine()) this.#line.join(app);
    this.#pump.begin();
  }

  /** Records a run and starts it when it is its turn. @throws LonghaulError `quota-exceeded` */
  trigger(task: TaskRecord, reason: SocketReason, socketId: string): string {
    const row = this.#options.ledger.recordRun(task, reason, socketId);
    this.#line.join(row.app);
    // Not before the sockets have written down that this run is theirs.
    queueMicrotask(() => this.#pump.now());
    return row.id;
  }

  /** For a run that need not wait. `undefined`: it must be triggered. */
  warmPlace(task: TaskRecord): WarmPlace | undefined {
    return this.#warmPlaces.find(task);
  }

  /** A no-op for one that is told to end already, or is over. */
  cancel(row: RunRow, reason: CancellationReason): RunRow {
    const live = this.#seats.find(row.id);
    if (live !== undefined) {
      live.cancel(reason);
      return live.row;
    }
    return row.state.name === 'queued' ? this.#endings.over(row, { name: 'cancel', reason }) : row;
  }

  logOf(id: string): string | undefined {
    return this.#logs.textOf(id);
  }

  /** Every run of an app is told to end; its host ends when they have, or is killed. */
  async endApp(app: string, reason: CancellationReason): Promise<void> {
    for (const row of this.#options.ledger.runs.unfinished({ app })) this.cancel(row, reason);
    await this.#conditions.until(() => !this.#seats.all().some(({ row }) => row.app === app));
    for (const { process } of this.#hosts.of(app)) process.close({ kind: 'exited', how: 'its app was unregistered' });
    await this.#conditions.until(() => this.#hosts.of(app).length === 0);
  }

  /** Runs are told to end; those that do not are killed with their hosts and wait for the next agent. */
  async close(): Promise<void> {
    this.#pump[Symbol.dispose]();
    const spareEnds = this.spare.end();
    const present = this.#seats.all().filter(({ hasLeft }) => !hasLeft);
    for (const live of present) this.#again.do(live.row.id, () => live.cancel('terminating'));
    const late = setTimeout(() => {
      for (const { process } of this.#hosts.all()) process.kill({ kind: 'agent-ends' });
    }, this.#options.limits.graceMs);
    // What cannot be recorded is left to the next agent.
    await this.#conditions.until(() => this.#seats.all().every(({ hasLeft }) => hasLeft));
    this.#again[Symbol.dispose]();
    clearTimeout(late);
    for (const { process } of this.#hosts.all()) process.close({ kind: 'agent-ends' });
    await this.#conditions.until(() => this.#hosts.all().length === 0);
    await spareEnds;
    this.#pulses[Symbol.dispose]();
    this.#logs[Symbol.dispose]();
    this.#hosts[Symbol.dispose]();
  }

  #serve(): void {
    this.#line.serve((row, host) => this.#starts.start(row, host));
    for (const host of this.#line.yielding()) {
      if (this.#seats.isEmpty(host)) host.process.close({ kind: 'exited', how: 'another app needed its place' });
    }
  }

  /** Hosts of the app take no further run: the next one starts with the code as it is then. */
  renew(app: string): void {
    this.#renewal.renew(app);
    this.spare.discard();
  }

  #seat(row: RunRow, host: SeatedHost): LiveRun {
    this.#logs.begin(row);
    const live: LiveRun = this.#seats.take(row, host, event => this.#endings.leave(live, event));
    return live;
  }

  #said(host: SeatedHost, message: HostWord): void {
    if (message.type === 'ready') for (const live of this.#seats.in(host)) live.hostIsReady();
    else if (message.type !== 'pong') {
      const live = this.#seats.find(message.run);
      if (live?.host !== host) return; // it is over already
      if (message.type === 'ended') this.#renewal.hasRun(live.row, host, message.hasFailedToLoad);
      live.heard(message);
    }
  }

  #printed(host: SeatedHost, run: string | undefined, bytes: Buffer): void {
    const live = run === undefined ? undefined : this.#seats.find(run);
    const runs = live?.host === host ? [live] : this.#seats.in(host);
    for (const { row } of runs) this.#logs.printed(row.id, bytes);
    if (live?.host === host) live.printed(bytes);
  }

  #hostEnded(host: SeatedHost, end: HostEnd): void {
    const { limits, broker, log } = this.#options;
    const runs = this.#seats.in(host).filter(({ hasLeft }) => !hasLeft);
    const isExpected = runs.length === 0 && end.kind === 'exited';
    log[isExpected ? 'info' : 'warn'](
      { app: host.app, pid: host.seat.pid, end, runs: runs.length },
      'a task host ended',
    );
    this.#pulses.forget(host);
    broker.hostEnded(host.seat);
    const others = runs.filter(({ saidEnd }) => saidEnd === undefined).length - 1;
    for (const live of runs) {
      if (live.saidEnd !== undefined) {
        this.#endings.leave(live, live.saidEnd);
        continue;
      }
      const { event, losses } = verdictOf(inHost(live.row)!, others, end, limits);
      this.#endings.leave(live, event, patchOf(live.row, event, losses));
    }
    this.#line.stepBack(host.app);
    this.#conditions.changed();
    this.#pump.now();
  }
}
