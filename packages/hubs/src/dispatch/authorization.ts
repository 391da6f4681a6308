// Policies of a hub and of a method: every one must say yes. Decides only.
import type { AnyPolicy } from '../hub.ts';
import type { HubInvocation } from '../hub-filter.ts';

export function listPolicies(policies: AnyPolicy | readonly AnyPolicy[] | undefined): readonly AnyPolicy[] {
  if (policies === undefined) return [];
  return typeof policies === 'function' ? [policies] : policies;
}

/** In order, stopping at the first no. Without anything to wait for it answers at once. Anything but `true` is a no. */
export function isAuthorized(
  policies: readonly AnyPolicy[],
  invocation: HubInvocation,
  from = 0,
): boolean | Promise<boolean> {
  for (let index = from; index < policies.length; index += 1) {
    const admitted = policies[index]!(invocation.call, invocation);
    if (admitted instanceof Promise) {
      return admitted.then(isAdmitted => isAdmitted === true && isAuthorized(policies, invocation, index + 1));
    }
    if (admitted !== true) return false;
  }
  return true;
}
