// How long a question to a client may take: a time limit and a caller's AbortSignal, as one signal.
import { HubServerError } from '../errors.ts';

export interface InvokeOptions {
  /** Milliseconds to wait for the answer; then `invoke-timeout`. Default: for ever. */
  readonly timeoutMs?: number;
  /** Gives up with the signal's reason. */
  readonly signal?: AbortSignal;
}

export async function invokeWithin<Result>(
  { timeoutMs, signal }: InvokeOptions,
  invoke: (signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result> {
  if (timeoutMs === undefined) return await invoke(signal);
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new HubServerError('invoke-timeout', `The client did not answer within ${timeoutMs} ms.`)),
    timeoutMs,
  );
  try {
    return await invoke(signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]));
  } finally {
    clearTimeout(timer);
  }
}
