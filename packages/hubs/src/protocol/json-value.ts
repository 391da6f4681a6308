// One value as JSON text, the way hub clients expect it: bytes as base64 (§6), and `null` for what JSON leaves out.

/** Throws what JSON.stringify throws (a cycle, a bigint). */
export function jsonValue(value: unknown): string {
  // Most results and many arguments: nothing inside them can be bytes.
  if (typeof value === 'string') return JSON.stringify(value);
  if (isBytes(value)) return JSON.stringify(base64(value));
  // Clients want the key: what JSON has no form for (undefined, a function, a symbol) is `null` at the top.
  const text = JSON.stringify(value) ?? 'null';
  return mayHoldBytes(text) ? JSON.stringify(value, bytesAsBase64) : text;
}

/** What bytes look like without us. Asking the text costs far less than a replacer in every call. */
function mayHoldBytes(text: string): boolean {
  return text.includes('{"0":') || text.includes('{}') || text.includes('{"type":"Buffer"');
}

function bytesAsBase64(this: unknown, key: string, value: unknown): unknown {
  // A Buffer has been through its toJSON already; its holder still has it.
  const original = (this as Record<string, unknown>)[key];
  return isBytes(original) ? base64(original) : value;
}

function isBytes(value: unknown): value is ArrayBufferView | ArrayBuffer {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

function base64(value: ArrayBufferView | ArrayBuffer): string {
  const bytes = ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
