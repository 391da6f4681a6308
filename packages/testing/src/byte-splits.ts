// The ways a byte stream can be cut on its journey: what a decoder must not notice.

/** The bytes whole, cut once at every position, and one by one. Each piece is a copy, free to be written to. */
export function byteSplits(bytes: Uint8Array): Buffer[][] {
  const cuts: Buffer[][] = [[Buffer.from(bytes)]];
  for (let at = 1; at < bytes.length; at++)
    cuts.push([Buffer.from(bytes.subarray(0, at)), Buffer.from(bytes.subarray(at))]);
  cuts.push(singleBytes(bytes));
  return cuts;
}

export function singleBytes(bytes: Uint8Array): Buffer[] {
  return Array.from(bytes, byte => Buffer.of(byte));
}
