// Who has taken a socket over without a run: an app, or a host that asked as apps do. Whoever's channel ends has nothing any
// more: a host is dead then; an app has some time to come back (`resume`). What nobody has is parked again.
import type { FromSocketDoor } from '@longhaul/agent-protocol';
import type { Descriptor } from '../platform/kernel/descriptor.ts';
import type { SocketRoom } from './room.ts';
import type { Wakes } from './wakes.ts';

/** Who asks: an app at the door, or a task host at its own channel. */
export interface Speaker {
  readonly by: 'app' | 'host';
  readonly app: string;
  readonly pid: number;
  /** The descriptors stay the caller's. */
  say(message: FromSocketDoor, descriptors: readonly Descriptor[]): void;
}

export class Holders implements Disposable {
  readonly #room: SocketRoom;
  readonly #wakes: Wakes;
  /** By the key of the hand-over. */
  readonly #speakers = new Map<string, Speaker>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(room: SocketRoom, wakes: Wakes) {
    this.#room = room;
    this.#wakes = wakes;
  }

  set(key: string, speaker: Speaker): void {
    this.#speakers.set(key, speaker);
  }

  delete(key: string): void {
    this.#speakers.delete(key);
  }

  /** Its channel has ended. */
  ended(speaker: Speaker): void {
    const keys = [...this.#speakers].filter(([, holder]) => holder === speaker).map(([key]) => key);
    if (speaker.by === 'host') for (const key of keys) this.#putBack(key, speaker);
    else this.#wait(keys, speaker);
  }

  /** What apps had when an earlier agent ended. */
  expect(keys: readonly string[]): void {
    const absent: Speaker = { by: 'app', app: '', pid: 0, say: () => {} };
    for (const key of keys) this.#speakers.set(key, absent);
    this.#wait(keys, absent);
  }

  #wait(keys: readonly string[], speaker: Speaker): void {
    if (keys.length === 0) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      for (const key of keys) this.#putBack(key, speaker);
    }, this.#room.limits.resumeMs);
    this.#timers.add(timer);
  }

  #putBack(key: string, speaker: Speaker): void {
    if (this.#speakers.get(key) !== speaker) return;
    this.#speakers.delete(key);
    this.#room.again.do(`park ${key}`, () => this.#room.turns.run(key, () => this.#park(key)));
  }

  async #park(key: string): Promise<void> {
    const { ledger, vaults } = this.#room;
    const row = ledger.table.findByKey(key);
    if (row?.state.name !== 'lent' || row.state.holder.runId !== null || this.#speakers.has(key)) return;
    ledger.change(row, { name: 'put-back' });
    await vaults.giveBack(key);
    const parked = ledger.table.findByKey(key);
    if (parked !== undefined) this.#wakes.listen(parked);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
