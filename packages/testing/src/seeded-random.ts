// Random numbers that can be had again: print `seed`, and LONGHAUL_SEED repeats the run.

export interface SeededRandom {
  readonly seed: number;
  /** 0 ≤ result < 1. */
  next(): number;
  /** An integer, 0 ≤ result < limit. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  bytes(length: number): Buffer;
}

/** The seed is the argument, else LONGHAUL_SEED, else drawn from the clock. */
export function seededRandom(seed = Number(process.env.LONGHAUL_SEED ?? Date.now() % 1_000_000_007)): SeededRandom {
  let state = seed >>> 0;
  // mulberry32: 32 bits of state are plenty for tests.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    seed,
    next,
    below,
    pick: items => items[below(items.length)]!,
    bytes: length => Buffer.from(Uint8Array.from({ length }, () => below(256))),
  };
}
