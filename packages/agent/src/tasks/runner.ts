// Acts on runs: gives each its place in a host, its socket and its time; ends it when the time is over; and when a host has
// died, does what the verdicts say. Which run is next says line.ts, who is to blame verdicts.ts.
import { isAbsolute } from 'node:path';
import {
  type CancellationReason,
  maxDoorMessageBytes,
  type SocketReason,
  type TaskRecord,
} from '@longhaul/agent-protocol';
import { Again } from '../pace/again.ts';
import { step as namedStep } from '../steps.ts';
import { isStoreFailure, type Store } from '../store/store.ts';
import { afterAgentDeath, inHost, patchOf } from './after-death.ts';
import { type LentForRun, socketRunOf, type TaskBroker } from './broker.ts';
import { Conditions } from './conditions.ts';
import { declaredPlace, hostProgramFor, type TaskManifest, wordsOf } from './entry-point.ts';
import type { HostWord } from './host.ts';
import { Hosts, type SeatedHost } from './hosts.ts';
import type { Ledger, RunPatch } from './ledger.ts';
import { Line } from './line.ts';
import { LiveRun } from './live-run.ts';
import type { TaskLimits } from './options.ts';
import { Pulses } from './pulses.ts';
import { Pump } from './pump.ts';
import { Renewal } from './renewal.ts';
import { RunLogs } from './run-logs.ts';
import { isOver, type RunEvent, runErrorOf } from './run-states.ts';
import type { RunRow } from './runs-table.ts';
import type { Spare } from './spare.ts';
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
  readonly #live = new Map<string, LiveRun>();
  readonly #logs: RunLogs;
  readonly #line: Line;
  readonly #renewal: Renewal;
  readonly #pulses: Pulses;
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
          for (const live of this.#runsIn(host)) live.heldUp(ms);
        },
        ended: (host, end) => this.#hostEnded(host, end),
      },
    });
    const hosts = this.#hosts;
    this.#renewal = new Renewal({
      hosts,
      isBusy: host => this.#runsIn(host).length > 0,
      manifestOf: options.manifestOf,
    });
    this.#pulses = new Pulses({
      limits,
      now: () => performance.now(),
      runsIn: host => this.#runsIn(host).length,
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
      runsIn: host => this.#runsIn(host).map(({ row }) => row),
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
        this.#unseat(live);
      },
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
    for (const row of over) this.#tellOver(row);
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
    const live = this.#live.get(row.id);
    if (live !== undefined) {
      live.cancel(reason);
      return live.row;
    }
    return row.state.name === 'queued' ? this.#applyOver(row, { name: 'cancel', reason }) : row;
  }

  logOf(id: string): string | undefined {
    return this.#logs.textOf(id);
  }

  /** Every run of an app is told to end; its host ends when they have, or is killed. */
  async endApp(app: string, reason: CancellationReason): Promise<void> {
    for (const row of this.#options.ledger.runs.unfinished({ app })) this.cancel(row, reason);
    await this.#conditions.until(() => ![...this.#live.values()].some(({ row }) => row.app === app));
    for (const { process } of this.#hosts.of(app)) process.close({ kind: 'exited', how: 'its app was unregistered' });
    await this.#conditions.until(() => this.#hosts.of(app).length === 0);
  }

  /** Runs are told to end; those that do not are killed with their hosts and wait for the next agent. */
  async close(): Promise<void> {
    this.#pump[Symbol.dispose]();
    const spareEnds = this.spare.end();
    const present = [...this.#live.values()].filter(({ hasLeft }) => !hasLeft);
    for (const live of present) this.#again.do(live.row.id, () => live.cancel('terminating'));
    const late = setTimeout(() => {
      for (const { process } of this.#hosts.all()) process.kill({ kind: 'agent-ends' });
    }, this.#options.limits.graceMs);
    // What cannot be recorded is left to the next agent.
    await this.#conditions.until(() => [...this.#live.values()].every(({ hasLeft }) => hasLeft));
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
    this.#line.serve((row, host) => this.#start(row, host));
    for (const host of this.#line.yielding()) {
      if (this.#runsIn(host).length === 0) {
        host.process.close({ kind: 'exited', how: 'another app needed its place' });
      }
    }
  }

  /** Hosts of the app take no further run: the next one starts with the code as it is then. */
  renew(app: string): void {
    this.#renewal.renew(app);
    this.spare.discard();
  }

  #runsIn(host: SeatedHost): LiveRun[] {
    return [...this.#live.values()].filter(live => live.host === host);
  }

  #start(row: RunRow, present: SeatedHost | undefined): void {
    const { ledger, manifestOf, now } = this.#options;
    let host = present;
    let entryPoint: string;
    try {
      const manifest = manifestOf(row.app);
      const place = declaredPlace(row.app, manifest, row.entryPoint, row.trigger.type);
      entryPoint = wordsOf(place);
      const folder = manifest?.folder ?? '/';
      host ??= this.#hosts.start(row.app, hostProgramFor(place), isAbsolute(folder) ? folder : '/');
      if (present === undefined) this.#renewal.isCurrent(row, host); // from now on
    } catch (error) {
      if (isStoreFailure(error)) throw error;
      this.#applyOver(row, { name: 'fail', error: runErrorOf(error) });
      return;
    }
    // The row is written while the socket is on its way out of its vault.
    const lending = namedStep('run.lend', () => this.#options.broker.lend(socketRunOf(row), host.seat));
    let live: LiveRun;
    try {
      live = this.#seat(
        ledger.apply(row, { name: 'start' }, { startedAt: now(), pid: host.process.pid, heldUpMs: 0 }),
        host,
      );
    } catch (error) {
      // It waits on, and is lent its socket anew.
      lending.then(
        lent => lent !== 'obsolete' && lent.descriptor?.[Symbol.dispose](),
        () => {},
      );
      if (this.#runsIn(host).length === 0) this.#hosts.idle(host);
      throw error;
    }
    lending.then(
      lent => this.#give(live, lent, entryPoint),
      error => this.#cannotLend(live, error),
    );
  }

  #seat(row: RunRow, host: SeatedHost): LiveRun {
    const { ledger, limits } = this.#options;
    this.#hosts.busy(host);
    this.#logs.begin(row);
    const live: LiveRun = new LiveRun(row, {
      host,
      ledger,
      limits,
      isHostReady: () => this.#hosts.isReady(host),
      ended: event => this.#leave(live, event),
    });
    this.#live.set(row.id, live);
    return live;
  }

  #unseat(live: LiveRun): void {
    this.#live.delete(live.row.id);
    if (this.#runsIn(live.host).length === 0) this.#hosts.idle(live.host);
  }

  #give(live: LiveRun, lent: LentForRun | 'obsolete', entryPoint: string): void {
    using _descriptor = lent === 'obsolete' ? null : lent.descriptor;
    if (!this.#isCurrent(live)) return;
    if (live.row.state.name === 'canceling') this.#leave(live, { name: 'end' });
    else if (lent === 'obsolete') this.#leave(live, { name: 'obsolete' });
    else live.give(entryPoint, lent);
  }

  #cannotLend(live: LiveRun, error: unknown): void {
    if (!this.#isCurrent(live)) return;
    const { row } = live;
    if (isStoreFailure(error)) this.#pump.rest(error);
    if (row.state.name === 'canceling') this.#leave(live, { name: 'end' });
    else if (isStoreFailure(error)) this.#leave(live, { name: 'lose-host', error: runErrorOf(error) }, {});
    else this.#leave(live, { name: 'fail', error: runErrorOf(error) });
  }

  /** Not one whose host has died since, or that is over. */
  #isCurrent(live: LiveRun): boolean {
    return this.#live.get(live.row.id) === live && !live.hasLeft;
  }

  #said(host: SeatedHost, message: HostWord): void {
    if (message.type === 'ready') for (const live of this.#runsIn(host)) live.hostIsReady();
    else if (message.type !== 'pong') {
      const live = this.#live.get(message.run);
      if (live?.host !== host) return; // it is over already
      if (message.type === 'ended') this.#renewal.hasRun(live.row, host, message.hasFailedToLoad);
      live.heard(message);
    }
  }

  #printed(host: SeatedHost, run: string | undefined, bytes: Buffer): void {
    const live = run === undefined ? undefined : this.#live.get(run);
    const runs = live?.host === host ? [live] : this.#runsIn(host);
    for (const { row } of runs) this.#logs.printed(row.id, bytes);
    if (live?.host === host) live.printed(bytes);
  }

  #hostEnded(host: SeatedHost, end: HostEnd): void {
    const { limits, broker, log } = this.#options;
    const runs = this.#runsIn(host).filter(({ hasLeft }) => !hasLeft);
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
        this.#leave(live, live.saidEnd);
        continue;
      }
      const { event, losses } = verdictOf(inHost(live.row)!, others, end, limits);
      this.#leave(live, event, patchOf(live.row, event, losses));
    }
    this.#line.stepBack(host.app);
    this.#conditions.changed();
    this.#pump.now();
  }

  /** It leaves its host: over, or in line again. */
  #leave(live: LiveRun, event: RunEvent, patch = patchOf(live.row, event)): void {
    live[Symbol.dispose]();
    this.#again.do(live.row.id, () => this.#record(live, event, patch));
    this.#conditions.changed();
  }

  /** It keeps its place until it is recorded what has become of it. */
  #record(live: LiveRun, event: RunEvent, patch: RunPatch): void {
    if (event.name === 'lose-host') {
      this.#options.ledger.apply(live.row, event, patch);
      this.#line.join(live.row.app);
    } else this.#applyOver(live.row, event, patch);
    this.#unseat(live);
    this.#conditions.changed();
    // Not before a host's other runs have left it, too.
    setImmediate(() => this.#pump.now());
  }

  #applyOver(before: RunRow, event: RunEvent, patch: RunPatch = {}): RunRow {
    const row = this.#options.ledger.apply(before, event, patch, this.#logs.textOf(before.id));
    this.#logs.forget(before.id);
    this.#tellOver(row);
    return row;
  }

  #tellOver(row: RunRow): void {
    const { state, app, id } = row;
    if (state.name !== 'completed' && state.name !== 'failed' && state.name !== 'canceled') return;
    if (state.name === 'failed') this.#options.log.warn({ app, run: id, error: state.error }, 'a run failed');
    this.#options.broker.over(socketRunOf(row), state.name);
  }
}
