// What this agent remembers of transfers beside their rows: failed attempts and rates, for whoever looks at one closely.
// In memory only, fed by what happens anyway (outcomes and progress), so that it costs the bytes nothing.
import type { TransferAttempt } from '@longhaul/agent-protocol';
import { RateHistory } from './rate-history.ts';

/** Attempts remembered of each transfer. */
const maxAttempts = 20;
/** Transfers remembered, those of which something happened latest. */
const maxTransfers = 1_000;

interface Memory {
  readonly attempts: TransferAttempt[];
  rates: RateHistory | undefined;
  /** Where the latest progress left off. */
  bytesReceived: number;
}

export class Memories {
  readonly #memories = new Map<string, Memory>();

  failed(id: string, attempt: TransferAttempt): void {
    const { attempts } = this.#of(id);
    attempts.push(attempt);
    if (attempts.length > maxAttempts) attempts.shift();
  }

  /** An attempt begins behind `bytesReceived`. */
  began(id: string, bytesReceived: number, now: number): void {
    const memory = this.#of(id);
    memory.rates ??= new RateHistory(now);
    memory.bytesReceived = bytesReceived;
  }

  /** Fewer than before: it was started from zero again. */
  progressed(id: string, bytesReceived: number, now: number): void {
    const memory = this.#of(id);
    memory.rates ??= new RateHistory(now);
    memory.rates.add(Math.max(0, bytesReceived - memory.bytesReceived), now);
    memory.bytesReceived = bytesReceived;
  }

  attempts(id: string): readonly TransferAttempt[] {
    return [...(this.#memories.get(id)?.attempts ?? [])];
  }

  rateHistory(id: string, now: number): readonly number[] {
    return this.#memories.get(id)?.rates?.at(now) ?? [];
  }

  forget(id: string): void {
    this.#memories.delete(id);
  }

  #of(id: string): Memory {
    let memory = this.#memories.get(id);
    if (memory === undefined) memory = { attempts: [], rates: undefined, bytesReceived: 0 };
    else this.#memories.delete(id);
    // A Map keeps the order of insertion: the first is the one that was quiet for longest.
    this.#memories.set(id, memory);
    if (this.#memories.size > maxTransfers) this.#memories.delete(this.#memories.keys().next().value!);
    return memory;
  }
}
