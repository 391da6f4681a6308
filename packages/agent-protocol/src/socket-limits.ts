// How much may be handed over with a socket. Without schemas, so that a task host has them before anything else is loaded.

/** SocketActivityContext (SB-23): bytes. The documents name no limit; this is ours. */
export const maxContextBytes = 65_536;
/** What an app had read and not used when it handed the socket over goes along, up to here. */
export const maxLeftoverBytes = 65_536;
/** Keep-alive times (SB-24) in milliseconds: 1 s to 30 days. */
export const keepAliveRangeMs = Object.freeze({ min: 1_000, max: 30 * 24 * 3_600_000 });
/** A message of the door is at most this long: context and leftover in base64, and room for the rest. */
export const maxDoorMessageBytes = 192 * 1_024;
