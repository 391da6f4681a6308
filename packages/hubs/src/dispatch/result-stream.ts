// Sends the items of a streaming hub method to its client, one after the other, as fast as the connection takes them.
import type { Invocation } from './invocation.ts';

/** The iterator of what a streaming method returned; `undefined` when that is no stream. */
export function iteratorOf(value: unknown): AsyncIterator<unknown> | Iterator<unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const source = value as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  return source[Symbol.asyncIterator]?.() ?? source[Symbol.iterator]?.();
}

/**
 * Until the end, or until the invocation is canceled. Rejects with what the stream throws. `closed` settles when the
 * iterator itself has finished, which after a cancel may be later.
 */
export async function pumpResults(
  iterator: AsyncIterator<unknown> | Iterator<unknown>,
  invocation: Invocation,
  write: (item: unknown) => Promise<void> | undefined,
): Promise<{ readonly closed: Promise<unknown> | undefined }> {
  while (!invocation.isCanceled) {
    const result = await nextOrCancel(iterator, invocation);
    if (result === undefined) break;
    if (result.done === true) return { closed: undefined };
    const written = invocation.isCanceled ? undefined : writeOrReturn(iterator, result.value, write);
    if (written !== undefined) await written;
  }
  return { closed: Promise.resolve(iterator.return?.()) };
}

/** An item that cannot be serialized ends the stream: its source is told before the error goes on. */
function writeOrReturn(
  iterator: AsyncIterator<unknown> | Iterator<unknown>,
  item: unknown,
  write: (item: unknown) => Promise<void> | undefined,
): Promise<void> | undefined {
  try {
    return write(item);
  } catch (error) {
    void Promise.resolve(iterator.return?.()).catch(() => {});
    throw error;
  }
}

function nextOrCancel(
  iterator: AsyncIterator<unknown> | Iterator<unknown>,
  invocation: Invocation,
): Promise<IteratorResult<unknown> | undefined> {
  return new Promise((resolve, reject) => {
    invocation.onCancel = () => resolve(undefined);
    try {
      Promise.resolve(iterator.next()).then(resolve, reject);
    } catch (error) {
      reject(error);
    }
  });
}
