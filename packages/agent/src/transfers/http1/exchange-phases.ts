// What an exchange can be in the middle of, each phase with only its own data, and the ways it is cut short.
import { LonghaulError } from '@longhaul/agent-protocol';
import { codeOf } from '../error-map.ts';
import type { BodySink } from '../sink.ts';

/** The head is out and nobody has said what becomes of the body. */
export interface Held {
  readonly name: 'held';
  readonly early: Buffer[];
  hasEnded: boolean;
  closed?: { readonly error: Error | undefined };
}

export interface Draining {
  readonly name: 'draining';
  readonly timer: NodeJS.Timeout;
  bytesLeft: number;
}

export interface Pouring {
  readonly name: 'pouring';
  readonly sink: BodySink;
  readonly timer: NodeJS.Timeout;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  isPaused: boolean;
}

export type Phase =
  | { readonly name: 'connecting' | 'asking'; readonly timer: NodeJS.Timeout }
  | Held
  | Pouring
  | Draining
  /** Destroyed; `settle` follows when the kernel has let go of every slab. */
  | { readonly name: 'closing'; readonly settle: () => void }
  | { readonly name: 'over' };

const staleCodes = new Set(['ECONNRESET', 'EPIPE']);

/** The server may have closed the kept connection while the request was on its way: nobody's fault, ask again. */
export function looksStale(error: unknown): boolean {
  const cause = error instanceof LonghaulError ? error.cause : error;
  return staleCodes.has(codeOf(cause) ?? '');
}

export const canceled = () =>
  new LonghaulError('operation-canceled', 'The request was given up.', {
    data: { webErrorStatus: 'operation-canceled' },
  });

export const cut = () =>
  new LonghaulError('web-error', 'The connection ended before the answer was complete.', {
    data: { webErrorStatus: 'disconnected' },
  });
