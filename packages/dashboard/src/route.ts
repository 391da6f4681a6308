// Which transfer is open, as a part of the address: `#/transfer/ID`. An id is no secret, so it may be kept and sent on. Pure.

const pattern = /^#\/transfer\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/i;

/** The id of the open transfer; `null` for the plain list and for anything that is no such fragment. */
export const openIdIn = (fragment: string): string | null => pattern.exec(fragment)?.[1]?.toLowerCase() ?? null;

/** The fragment of the address; the empty string for the plain list. */
export const fragmentOf = (openId: string | null): string => (openId === null ? '' : `#/transfer/${openId}`);
