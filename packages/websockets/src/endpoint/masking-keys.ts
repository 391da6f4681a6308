// Masking keys for one client connection (RFC 6455 §10.3: from a strong source, not predictable), drawn in small lots.
import { randomFillSync } from 'node:crypto';

const lot = 64;

export function maskingKeys(): () => number {
  let keys: Int32Array<ArrayBuffer> | undefined;
  let next = lot;
  return () => {
    if (next === lot) {
      keys ??= new Int32Array(lot);
      randomFillSync(keys);
      next = 0;
    }
    return keys![next++]!;
  };
}
