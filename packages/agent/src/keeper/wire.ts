// What keeper and agent say to each other over the parent's IPC channel. A connection travels as the handle of a
// `connection` message; the agent answers `taken`, and only then the next one is sent.
import { isErrorCode } from '@longhaul/agent-protocol';
import type { StartFailure } from './keeper-states.ts';

/** Through which door a connection came: the caller's rights begin here. */
export type Via = 'unix' | 'loopback';

export type ToAgent =
  | {
      readonly type: 'start';
      readonly keeperPid: number;
      readonly socketPath: string;
      /** Already open when an earlier agent asked for it. */
      readonly loopbackPort: number | null;
    }
  | { readonly type: 'connection'; readonly via: Via }
  | { readonly type: 'loopback-opened'; readonly port: number }
  | { readonly type: 'loopback-failed'; readonly message: string }
  | { readonly type: 'stop' };

export type ToKeeper =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly failure: StartFailure }
  | { readonly type: 'taken' }
  | { readonly type: 'open-loopback' }
  | { readonly type: 'stop-asked' }
  | { readonly type: 'renew-asked' };

const plainToKeeper = ['ready', 'taken', 'open-loopback', 'stop-asked', 'renew-asked'] as const;

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
  const { type, via, port, message, keeperPid, socketPath, loopbackPort } = value;
  if (type === 'stop') return { type };
  if (type === 'connection' && (via === 'unix' || via === 'loopback')) return { type, via };
  if (type === 'loopback-opened' && typeof port === 'number') return { type, port };
  if (type === 'loopback-failed' && typeof message === 'string') return { type, message };
  const isPort = loopbackPort === null || typeof loopbackPort === 'number';
  if (type === 'start' && typeof keeperPid === 'number' && typeof socketPath === 'string' && isPort) {
    return { type, keeperPid, socketPath, loopbackPort };
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
