// The handshake of a connection (§5): reads the client's request off the link, writes the answer, and makes the link one that
// can be resumed where both sides agreed on that (§9).
import { HubServerError } from '../errors.ts';
import {
  answerHandshake,
  handshakeAccepted,
  handshakeCanceled,
  handshakeFailed,
  handshakeRefused,
} from '../protocol/handshake.ts';
import { WireMessage } from '../protocol/outgoing-message.ts';
import type { HubProtocol, MessageReader, TransferFormat } from '../protocol/protocol.ts';
import { RecordReader } from '../protocol/record-reader.ts';
import type { HubRuntime } from '../runtime.ts';
import type { TransportLink } from './link.ts';

export type HandshakeOutcome =
  /** `reader` holds what came behind the request already. */
  | {
      readonly kind: 'accepted';
      readonly protocol: HubProtocol;
      readonly version: number;
      readonly reader: MessageReader;
    }
  | { readonly kind: 'refused'; readonly text: string; readonly cause?: Error | undefined }
  /** The transport has ended first; with the reason, unless that was orderly. */
  | { readonly kind: 'gone'; readonly error?: Error | undefined };

/** The client's request, judged; the answer is not written yet. Never rejects. */
export async function receiveHandshake(
  link: TransportLink,
  { options, protocols }: Pick<HubRuntime, 'options' | 'protocols'>,
): Promise<HandshakeOutcome> {
  const { enableDetailedErrors } = options;
  const limitBytes = options.maximumReceiveMessageSize ?? Number.POSITIVE_INFINITY;
  const records = new RecordReader(limitBytes);
  let record: string | undefined;
  try {
    while (record === undefined) {
      const chunk = await link.receive();
      if (chunk === undefined) return { kind: 'gone' };
      records.push(chunk.data);
      record = records.next();
    }
  } catch (thrown) {
    if (!(thrown instanceof HubServerError)) return { kind: 'gone', error: thrown as Error };
    const isTooLarge = thrown.code === 'message-too-large';
    const text = isTooLarge ? handshakeCanceled : handshakeFailed(thrown, enableDetailedErrors);
    return { kind: 'refused', text, cause: thrown };
  }
  const { transferFormats } = link;
  const answer = answerHandshake(record, { protocols, transferFormats, enableDetailedErrors });
  if ('error' in answer) return { kind: 'refused', text: answer.error, cause: answer.cause };
  const { protocol, version } = answer;
  const reader = protocol.createReader(limitBytes);
  reader.push(records.takeRest());
  return { kind: 'accepted', protocol, version, reader };
}

/** Answers; what is written from now on is messages. */
export function acceptHandshake(
  link: TransportLink,
  { protocol, version }: { readonly protocol: HubProtocol; readonly version: number },
  { options, now }: Pick<HubRuntime, 'options' | 'now'>,
  resumeWithinMs: number | undefined,
): void {
  writeRecord(link, handshakeAccepted, protocol.transferFormat);
  // §9: a handshake of version 1 turns it off, whatever was negotiated.
  if (resumeWithinMs === undefined || version < 2) return;
  link.keepForResumption({ protocol, limits: options, windowMs: resumeWithinMs, now });
}

export function refuseHandshake(link: TransportLink, text: string): void {
  writeRecord(link, handshakeRefused(text), 'Text');
}

function writeRecord(link: TransportLink, record: string, format: TransferFormat): void {
  const data = format === 'Text' ? record : Buffer.from(record);
  void link.write(new WireMessage(data, format, false));
}
