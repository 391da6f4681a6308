// PURE. What this process knows of the agent's transfers: snapshots and changes go in, in whatever order the wire
// brought them; facts ("this one changed", "this one is gone") come out. Older revisions are dropped.
import type { TransferRecord } from '@longhaul/agent-protocol';

export type MirrorFact =
  | { readonly what: 'changed'; readonly record: TransferRecord }
  | { readonly what: 'removed'; readonly id: string };

export class TransferMirror {
  readonly #records = new Map<string, TransferRecord>();
  /** Questions whose answer is on its way, and the removals told meanwhile: an older answer must not bring them back. */
  #asked = 0;
  readonly #removedMeanwhile = new Set<string>();

  get(id: string): TransferRecord | undefined {
    return this.#records.get(id);
  }

  /** In the order in which they were first told: oldest first. */
  all(): TransferRecord[] {
    return [...this.#records.values()];
  }

  /** A snapshot or a record was asked for: one of the three below must follow. */
  asked(): void {
    this.#asked++;
  }

  snapshotArrived(records: readonly TransferRecord[]): MirrorFact[] {
    const present = records.filter(record => !this.#removedMeanwhile.has(record.id));
    const ids = new Set(present.map(record => record.id));
    const lost = [...this.#records.keys()].filter(id => !ids.has(id));
    this.#answered();
    return [...present.flatMap(record => this.changed(record)), ...lost.flatMap(id => this.removed(id))];
  }

  recordArrived(record: TransferRecord): MirrorFact[] {
    const isGone = this.#removedMeanwhile.has(record.id);
    this.#answered();
    return isGone ? [] : this.changed(record);
  }

  answerFailed(): void {
    this.#answered();
  }

  changed(record: TransferRecord): MirrorFact[] {
    const known = this.#records.get(record.id);
    if (known && known.revision >= record.revision) return [];
    const frozen = Object.freeze(record);
    this.#records.set(record.id, frozen);
    return [{ what: 'changed', record: frozen }];
  }

  removed(id: string): MirrorFact[] {
    if (this.#asked > 0) this.#removedMeanwhile.add(id);
    return this.#records.delete(id) ? [{ what: 'removed', id }] : [];
  }

  /** Nobody keeps it up to date any more. */
  clear(): void {
    this.#records.clear();
  }

  #answered(): void {
    if (--this.#asked === 0) this.#removedMeanwhile.clear();
  }
}
