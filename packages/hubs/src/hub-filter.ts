// Code of yours around every call of a hub, in the order it was listed: the server's filters outside, the endpoint's
// inside. Types only; dispatch/filters.ts runs them.
import type { HubCall } from './call.ts';
import type { HubUser } from './hub.ts';
import type { Loose } from './loose.ts';

/** One call of a hub method, after its arguments were bound: what filters and policies judge. */
export interface HubInvocation<User extends HubUser = HubUser> {
  readonly call: HubCall<Loose, User>;
  /** The method's name as the hub has it, whatever case the client used. */
  readonly method: string;
  /** Validated, upload streams in their places. */
  readonly args: readonly unknown[];
}

/**
 * Each hook may do something before and after `next()`, leave `next()` out, throw (a HubError reaches the client) or give
 * something else back. `next` may be called once. They run after authorization and argument binding (§10).
 */
export interface HubFilter<User extends HubUser = HubUser> {
  /**
   * Around a method. Resolves to its result, which the filter may replace; of a streaming method that is the stream, not
   * its items. `next(args)` calls with other arguments.
   */
  readonly invokeMethod?: (
    invocation: HubInvocation<User>,
    next: (args?: readonly unknown[]) => Promise<unknown>,
  ) => unknown;
  /** Around `onConnected`. Throwing refuses the connection. */
  readonly onConnected?: (call: HubCall<Loose, User>, next: () => Promise<void>) => unknown;
  /** Around `onDisconnected`. */
  readonly onDisconnected?: (
    call: HubCall<Loose, User>,
    error: Error | undefined,
    next: () => Promise<void>,
  ) => unknown;
}
