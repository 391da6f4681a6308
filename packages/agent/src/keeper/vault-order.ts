// What a keeper and a vault process say to each other over the parent's IPC channel: one order, one report.

export interface VaultOrder {
  readonly path: string;
  readonly key: string;
  readonly maxSockets: number;
}

export type VaultReport = { readonly type: 'opened' } | { readonly type: 'failed'; readonly message: string };

/** `undefined` for anything else. */
export function parseVaultOrder(value: unknown): VaultOrder | undefined {
  if (!isRecord(value)) return undefined;
  const { path, key, maxSockets } = value;
  if (typeof path !== 'string' || typeof key !== 'string' || typeof maxSockets !== 'number') return undefined;
  return { path, key, maxSockets };
}

/** `undefined` for anything else. */
export function parseVaultReport(value: unknown): VaultReport | undefined {
  if (!isRecord(value)) return undefined;
  if (value.type === 'opened') return { type: 'opened' };
  return value.type === 'failed' && typeof value.message === 'string'
    ? { type: 'failed', message: value.message }
    : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
