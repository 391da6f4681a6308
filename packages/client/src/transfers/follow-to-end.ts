// ACTS. One promise for the rest of a transfer's life: what stands behind `start()` and `attach()` (BT-50 to BT-52).
import type { TransferRecord } from '@longhaul/agent-protocol';
import { isErrorCode, isTerminal, LonghaulError } from '@longhaul/agent-protocol/plain';
import { type DownloadProgress, isNews, progressOf } from './progress.ts';
import type { TransfersDoor } from './transfers-door.ts';

export interface FollowOptions {
  /** Called with a frozen snapshot (BT-76, BT-77), at most about ten times a second. If it throws, the promise rejects. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Aborting it **cancels the transfer** (BT-52). To leave it running, dispose the agent's connection instead. */
  readonly signal?: AbortSignal;
}

export interface Followed {
  readonly id: string;
  readonly door: TransfersDoor;
  /** Every record seen on the way. */
  readonly seen: (record: TransferRecord) => void;
}

/** Resolves with the completed record; rejects with `operation-canceled`, the error of the transfer, `detached`, … */
export function followToEnd(followed: Followed, options: FollowOptions): Promise<TransferRecord> {
  const { id, door, seen } = followed;
  const { onProgress, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<TransferRecord>();
  let previous: TransferRecord | undefined;
  let isSettled = false;

  const settle = (how: () => void): void => {
    if (isSettled) return;
    isSettled = true;
    following[Symbol.dispose]();
    signal?.removeEventListener('abort', cancel);
    how();
  };
  const fail = (error: unknown): void => settle(() => reject(error));
  const changed = (record: TransferRecord): void => {
    if (isSettled) return;
    seen(record);
    const before = previous;
    previous = record;
    try {
      if (onProgress && isNews(record, before)) onProgress(progressOf(record, before));
    } catch (error) {
      fail(error);
      return;
    }
    if (record.status === 'completed') settle(() => resolve(record));
    else if (isTerminal(record.status)) fail(endError(record, signal));
  };
  const cancel = (): void => {
    // The answer counts as well as the event: a cancel that came too late is answered with the completed record.
    door.cancel(id).then(changed, fail);
  };
  const following = door.follow(id, {
    changed,
    removed: () =>
      fail(new LonghaulError('not-found', `transfer ${id} was removed while it was followed`, { subject: 'transfer' })),
    failed: fail,
  });
  signal?.addEventListener('abort', cancel);
  if (signal?.aborted) cancel();
  return promise;
}

/** The error that a canceled or failed record stands for. */
export function endError(record: TransferRecord, signal?: AbortSignal): LonghaulError {
  const data = { webErrorStatus: record.error?.webErrorStatus ?? null, record };
  if (record.status === 'canceled') {
    const cause = signal?.aborted ? { cause: signal.reason } : {};
    return new LonghaulError('operation-canceled', `transfer ${record.id} was canceled`, { ...cause, data });
  }
  const code = record.error && isErrorCode(record.error.code) ? record.error.code : 'internal';
  return new LonghaulError(code, record.error?.message ?? `transfer ${record.id} failed`, { data });
}
