// When to try again after a lost connection. Pure: the attempt and the dice are arguments.
import type { DashboardOptions } from '../options.ts';

/**
 * Wait before attempt `attempt` (1 is the first after the loss), milliseconds: doubling from the first delay to the
 * longest one, less a random part of at most `reconnectJitter`. `random` is 0..1.
 */
export function reconnectDelayMs(attempt: number, random: number, options: DashboardOptions): number {
  const doubled = options.reconnectFirstDelayMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 30);
  const delay = Math.min(doubled, options.reconnectMaxDelayMs);
  return Math.round(delay * (1 - options.reconnectJitter * random));
}
