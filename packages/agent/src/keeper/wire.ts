// What keeper and agent say to each other over the parent's IPC channel. A connection travels as the handle of a
// `connection` message; the agent answers `taken`, and only then the next one is sent.
import { isErrorCode } from '@longhaul/agent-protocol';
import type { StartFailure } from './keeper-states.ts';
import type { VaultAddress } from './vault-wire.ts';

/** Through which door a connection came: the caller's rights begin here. */
export type Via = 'unix' | 'loopback';

export type ToAgent =
  | {
      readonly type: 'start';
      readonly keeperPid: number;
      readonly socketPath: string;
      /** Already open when an earlier agent asked for it. */
      readonly loopbackPort: number | null;
      /** Counts the agents of this keeper, from 1. */
      readonly generation: number;
      /** Those that hold sockets parked with earlier agents. */
      readonly vaults: readonly VaultAddress[];
    }
  | { readonly type: 'connection'; readonly via: Via }
  | { readonly type: 'loopback-opened'; readonly port: number }
  | { readonly type: 'loopback-failed'; readonly message: string }
  | { readonly type: 'vault-opened'; readonly vault: VaultAddress }
  | { readonly type: 'vault-failed'; readonly message: string }
  | { readonly type: 'stop' };

export type ToKeeper =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly failure: StartFailure }
  | { readonly type: 'taken' }
  | { readonly type: 'open-loopback' }
  | { readonly type: 'open-vault' }
  | { readonly type: 'stop-asked' }
  | { readonly type: 'renew-asked' };

const plainToKeeper = ['ready', 'taken', 'open-loopback', 'open-vault', 'stop-asked', 'renew-asked'] as const;

/** A message of the agent; `undefined` for anything else. */
export function parseToKeeper(value: unknown): ToKeeper | undefined {
  if (!isRecord(value)) return undefined;
  const plain = plainToKeeper.find(type => type === value.type);
  if (plain !== undefined) return { type: plain };
  if (value.type !== 'failed' || !isRecord(value.failure)) return undefined;
  const { code, message, isFatal } = value.failure;
  if (!isErrorCode(code) || typeof message !== 'string' || typeof isFatal !== 'boolean') return undefined;
  return { type: 'failed', failure: { code, message, isFatal } };
}

/** A message of the keeper; `undefined` for anything else. */
export function parseToAgent(value: unknown): ToAgent | undefined {
  if (!isRecord(value)) return undefined;
  const { type, via, port, message, keeperPid, socketPath, loopbackPort, generation, vaults, vault } = value;
  if (type === 'stop') return { type };
  if (type === 'connection' && (via === 'unix' || via === 'loopback')) return { type, via };
  if (type === 'loopback-opened' && typeof port === 'number') return { type, port };
  if ((type === 'loopback-failed' || type === 'vault-failed') && typeof message === 'string') return { type, message };
  if (type === 'vault-opened' && isVaultAddress(vault)) return { type, vault };
  const isPort = loopbackPort === null || typeof loopbackPort === 'number';
  const areVaults = Array.isArray(vaults) && vaults.every(isVaultAddress) && typeof generation === 'number';
  if (type === 'start' && typeof keeperPid === 'number' && typeof socketPath === 'string' && isPort && areVaults) {
    return { type, keeperPid, socketPath, loopbackPort, generation, vaults };
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isVaultAddress = (value: unknown): value is VaultAddress =>
  isRecord(value) &&
  typeof value.number === 'number' &&
  typeof value.path === 'string' &&
  typeof value.key === 'string' &&
  typeof value.pid === 'number' &&
  typeof value.born === 'string';
