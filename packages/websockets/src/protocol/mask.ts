// Masking (RFC 6455 §5.3), in place. A masking key is one 32-bit integer whose lowest byte is the first of the key.

/** XORs `bytes[start..end)` with the key, of which `phase` bytes were already used up. */
export function applyMask(bytes: Uint8Array, start: number, end: number, key: number, phase: number): void {
  if (key === 0) return;
  const turned = turn(key, phase);
  const length = end - start;
  const misaligned = (bytes.byteOffset + start) & 3;
  const lead = misaligned === 0 ? 0 : 4 - misaligned;
  // Below this a view costs more than it saves.
  const words = length < 64 ? 0 : (length - lead) >> 2;
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
  let rest = key;
  for (let i = start; i < end; i++) {
    bytes[i] = bytes[i]! ^ (rest & 0xff);
    rest = (rest >>> 8) | (rest << 24);
  }
}
