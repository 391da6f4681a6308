// Waiting for a condition instead of sleeping.
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the first truthy result; rejects after `timeoutMs` (default 5,000), naming what was waited for. */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 5_000, everyMs = 5 } = options;
  const until = performance.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (performance.now() > until) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`);
    await delay(everyMs);
  }
}
