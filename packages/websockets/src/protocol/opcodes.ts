// The words of RFC 6455 on the wire: opcodes (§5.2), roles (§5.1), close codes (§7.4). No logic beyond "is it allowed".

/** Which end we are: a client masks what it sends, a server does not (RFC 6455 §5.1). */
export type Role = 'client' | 'server';

export const opcode = Object.freeze({ continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 });

/** The bit beside an opcode that marks the first frame of a deflated message (RFC 7692 §6). */
export const rsv1 = 0x40;

export const maxControlPayloadBytes = 125;

/** Reported when the peer's Close frame had no code; never on the wire (RFC 6455 §7.1.5). */
export const noCodeReceived = 1005;
/** Reported when the transport ended without Close frame; never on the wire (RFC 6455 §7.1.5). */
export const abnormalClosure = 1006;

export function isKnownOpcode(value: number): boolean {
  return value <= 2 || (value >= 8 && value <= 10);
}

/** True for codes that may stand in a Close frame (RFC 6455 §7.4; 1012-1014 by the IANA registry). */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== noCodeReceived && code !== abnormalClosure;
}
