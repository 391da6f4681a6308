// PURE. The transfers that `longhaul watch` looks at: which ones, how they stand, whether all have ended, and how well.
import { isTerminal, LonghaulError, type TransferRecord } from '@longhaul/agent-protocol';
import { errorOfRecord, exitCodeOf, someFailed } from '../exit-codes.ts';

export interface Failure {
  readonly id: string;
  readonly error: LonghaulError;
}

export class WatchedTransfers {
  readonly #named: ReadonlySet<string> | undefined;
  readonly #records = new Map<string, TransferRecord>();
  /** Named ones that are no more, and whether they were completed before. */
  readonly #gone = new Map<string, boolean>();

  /** `named`: full ids; without them everything is watched, also what comes later. */
  constructor(named?: ReadonlySet<string>) {
    this.#named = named;
  }

  has(id: string): boolean {
    return this.#named?.has(id) ?? true;
  }

  get records(): TransferRecord[] {
    return [...this.#records.values()];
  }

  get unfinished(): TransferRecord[] {
    return this.records.filter(record => !isTerminal(record.status));
  }

  /** To be asked once everything that is there has been told. */
  get haveAllEnded(): boolean {
    return this.records.every(record => isTerminal(record.status));
  }

  changed(record: TransferRecord): void {
    if (this.has(record.id)) this.#records.set(record.id, record);
  }

  removed(id: string): void {
    if (this.#named?.has(id)) this.#gone.set(id, this.#records.get(id)?.status === 'completed');
    this.#records.delete(id);
  }

  /** Everything that is there has been told: named ones that are not among it went before anybody looked. */
  caughtUp(): void {
    for (const id of this.#named ?? []) if (!this.#records.has(id) && !this.#gone.has(id)) this.#gone.set(id, false);
  }

  get failures(): Failure[] {
    const failed = this.records.flatMap(record => {
      const error = errorOfRecord(record);
      return error ? [{ id: record.id, error }] : [];
    });
    const lost = [...this.#gone].filter(([, wasCompleted]) => !wasCompleted);
    return [
      ...failed,
      ...lost.map(([id]) => ({
        id,
        error: new LonghaulError('not-found', `transfer ${id} was removed meanwhile`, { subject: 'transfer' }),
      })),
    ];
  }

  /** Of one that was named: its own code. Else 5 when any failed. */
  get exitCode(): number {
    const [first] = this.failures;
    if (!first) return 0;
    return this.#named?.size === 1 ? exitCodeOf(first.error) : someFailed;
  }
}
