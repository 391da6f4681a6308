// Masking (RFC 6455 §5.3), in place. A masking key is one 32-bit integer whose lowest byte is the first of the key.
// Who unmasks a text touches every byte anyway, so it says by the way whether all of them are ASCII.

/** XORs `bytes[start..end)` with the key, of which `phase` bytes were already used up. */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number, phase: number): void {
  // Below this a view costs more than it saves (measured: 40 ns and an object to collect).
  if (key !== 0) unmask(bytes, end - start < 256 ? undefined : wordsOf(bytes), start, end, key, phase);
}

/** The aligned words of `bytes`: the first begins at offset `leadOf(bytes)`. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const lead = leadOf(bytes);
  return new Int32Array(bytes.buffer, bytes.byteOffset + lead, Math.max(0, bytes.length - lead) >> 2);
}

/**
 * XORs like `applyMask`; true when the result is ASCII. `words`: `wordsOf(bytes)`, worth its making where many frames or
 * a long one lie in the same bytes.
 */
export function unmask(
  bytes: Uint8Array,
  words: Int32Array | undefined,
  start: number,
  end: number,
  key: number,
  phase: number,
): boolean {
  if (words === undefined) return (applyBytes(bytes, start, end, turn(key, phase)) & 0x80) === 0;
  const lead = leadOf(bytes);
  const first = Math.max(0, (start - lead + 3) >> 2);
  const last = (end - lead) >> 2;
  if (last <= first) return (applyBytes(bytes, start, end, turn(key, phase)) & 0x80) === 0;
  const middle = first * 4 + lead;
  const wordKey = turn(key, phase + middle - start);
  let all = applyBytes(bytes, start, middle, turn(key, phase));
  all |= applyBytes(bytes, last * 4 + lead, end, wordKey);
  let allWords = 0;
  for (let i = first; i < last; i++) {
    const word = words[i]! ^ wordKey;
    words[i] = word;
    allWords |= word;
  }
  return (all & 0x80) === 0 && (allWords & 0x8080_8080) === 0;
}

/** Bytes before the first aligned word. */
function leadOf(bytes: Uint8Array): number {
  return -bytes.byteOffset & 3;
}

/** The key as seen after `phase` bytes. */
function turn(key: number, phase: number): number {
  const bits = (phase & 3) * 8;
  return bits === 0 ? key | 0 : (key >>> bits) | (key << (32 - bits));
}

/** Gives all resulting bytes in one: its highest bit is set where one of them is not ASCII. */
function applyBytes(bytes: Uint8Array, start: number, end: number, key: number): number {
  const first = key & 0xff;
  const second = (key >>> 8) & 0xff;
  const third = (key >>> 16) & 0xff;
  const fourth = key >>> 24;
  let all = 0;
  let i = start;
  for (; i + 3 < end; i += 4) {
    all |= bytes[i] = bytes[i]! ^ first;
    all |= bytes[i + 1] = bytes[i + 1]! ^ second;
    all |= bytes[i + 2] = bytes[i + 2]! ^ third;
    all |= bytes[i + 3] = bytes[i + 3]! ^ fourth;
  }
  if (i < end) all |= bytes[i] = bytes[i]! ^ first;
  if (i + 1 < end) all |= bytes[i + 1] = bytes[i + 1]! ^ second;
  if (i + 2 < end) all |= bytes[i + 2] = bytes[i + 2]! ^ third;
  return all;
}
