// PURE. A call whose link broke before its answer came.

/** No answer came. Whether the call had its effect is unknown. */
export class LinkLostError extends Error {
  override readonly name = 'LinkLostError';
  constructor(cause: unknown) {
    super('the connection to the agent broke', { cause });
  }
}
