// Which pages may connect (signalr-protocol.md §12): exact origins without regard to case, looked at only when the
// request has an Origin header at all, because programs that are no browsers send none.

/** Empty, or with a `*`: all. */
export function isOriginAllowed(origin: string | undefined, allowed: readonly string[] | undefined): boolean {
  if (origin === undefined || allowed === undefined || allowed.length === 0) return true;
  const lower = origin.toLowerCase();
  return allowed.some(candidate => candidate === '*' || candidate.toLowerCase() === lower);
}
