// Masking (RFC 6455 §5.3), in place. A masking key is one 32-bit integer whose lowest byte is the first of the key.

/** XORs `bytes[start..end)` with the key, of which `phase` bytes were already used up. */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number, phase: number): void {
  if (key === 0) return;
  const turned = turn(key, phase);
  const length = end - start;
  const misaligned = (bytes.byteOffset + start) & 3;
  const lead = misaligned === 0 ? 0 : 4 - misaligned;
  // Below this a view costs more than it saves (measured: 100 ns and an object to collect).
  const words = length < 256 ? 0 : (length - lead) >> 2;
  const middle = words === 0 ? start : start + lead;
  const wordKey = turn(turned, middle - start);
  applyBytes(bytes, start, middle, turned);
  if (words > 0) applyWords(new Int32Array(bytes.buffer, bytes.byteOffset + middle, words), wordKey);
  applyBytes(bytes, middle + words * 4, end, wordKey);
}

function applyWords(view: Int32Array, key: number): void {
  for (let i = 0; i < view.length; i++) view[i] = view[i]! ^ key;
}

/** The key as seen after `phase` bytes. */
function turn(key: number, phase: number): number {
  const bits = (phase & 3) * 8;
  return bits === 0 ? key | 0 : (key >>> bits) | (key << (32 - bits));
}

function applyBytes(bytes: Uint8Array, start: number, end: number, key: number): void {
  const first = key & 0xff;
  const second = (key >>> 8) & 0xff;
  const third = (key >>> 16) & 0xff;
  const fourth = key >>> 24;
  let i = start;
  for (; i + 3 < end; i += 4) {
    bytes[i] = bytes[i]! ^ first;
    bytes[i + 1] = bytes[i + 1]! ^ second;
    bytes[i + 2] = bytes[i + 2]! ^ third;
    bytes[i + 3] = bytes[i + 3]! ^ fourth;
  }
  if (i < end) bytes[i] = bytes[i]! ^ first;
  if (i + 1 < end) bytes[i + 1] = bytes[i + 1]! ^ second;
  if (i + 2 < end) bytes[i + 2] = bytes[i + 2]! ^ third;
}
