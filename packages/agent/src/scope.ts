// Who asks: the scope every verb of a feature door is called with. What lies outside a scope does not exist for it.

/** `owner`: this user through the Unix socket; `browser`: a dashboard session; `app`: whoever holds that app's grant. */
export type Scope =
  | { readonly role: 'owner' }
  | { readonly role: 'browser' }
  | { readonly role: 'app'; readonly app: string };

/** True when things of `app` can be seen from `scope`. */
export function isInScope(scope: Scope, app: string): boolean {
  return scope.role !== 'app' || scope.app === app;
}
