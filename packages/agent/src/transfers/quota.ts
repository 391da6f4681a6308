// How many transfers an app may have (BT-09): refused at creation, so that a queue can never be filled beyond repair. Pure.
import { cliAppId, LonghaulError } from '@longhaul/agent-protocol';
import type { TransferLimits } from './options.ts';
import type { AppCounts } from './table.ts';

export class Quota {
  readonly #limits: TransferLimits;
  readonly #counts: Map<string, { unfinished: number; records: number }>;

  constructor(limits: TransferLimits, counts: ReadonlyMap<string, AppCounts>) {
    this.#limits = limits;
    this.#counts = new Map([...counts].map(([app, { unfinished, records }]) => [app, { unfinished, records }]));
  }

  /** One more of `app`. Throws `quota-exceeded`. */
  take(app: string): void {
    const isCommand = app === cliAppId;
    const maxRecords = isCommand ? this.#limits.maxRecordsOfCommand : this.#limits.maxRecordsPerApp;
    const counts = this.#of(app);
    if (counts.records >= maxRecords)
      throw exceeded(app, `${counts.records} transfers, finished ones included`, maxRecords);
    this.restarted(app);
    counts.records += 1;
  }

  /** A finished one of `app` is to run again. Throws `quota-exceeded`. */
  restarted(app: string): void {
    const counts = this.#of(app);
    const maxUnfinished = this.#maxUnfinished(app);
    if (counts.unfinished >= maxUnfinished)
      throw exceeded(app, `${counts.unfinished} unfinished transfers`, maxUnfinished);
    counts.unfinished += 1;
  }

  /** One of `app` completed, failed or was canceled. */
  finished(app: string): void {
    this.#of(app).unfinished -= 1;
  }

  /** A finished one of `app` was removed. */
  removed(app: string): void {
    const counts = this.#of(app);
    counts.records -= 1;
    if (counts.records === 0) this.#counts.delete(app);
  }

  #maxUnfinished(app: string): number {
    return app === cliAppId ? this.#limits.maxUnfinishedOfCommand : this.#limits.maxUnfinishedPerApp;
  }

  #of(app: string): { unfinished: number; records: number } {
    let counts = this.#counts.get(app);
    if (counts === undefined) {
      counts = { unfinished: 0, records: 0 };
      this.#counts.set(app, counts);
    }
    return counts;
  }
}

function exceeded(app: string, has: string, limit: number): LonghaulError {
  return new LonghaulError('quota-exceeded', `The app ${app} has ${has}; the limit is ${limit}.`);
}
