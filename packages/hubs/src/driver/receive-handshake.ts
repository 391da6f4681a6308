// Reads the client's handshake request off the link and says what the answer is (§5). The connection writes it.
import { HubServerError } from '../errors.ts';
import type { HubOptions } from '../options.ts';
import { answerHandshake, handshakeCanceled, handshakeFailed } from '../protocol/handshake.ts';
import type { HubProtocol, MessageReader } from '../protocol/protocol.ts';
import { RecordReader } from '../protocol/record-reader.ts';
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
  /** The transport has ended first. */
  | { readonly kind: 'gone' };

export async function receiveHandshake(
  link: TransportLink,
  options: HubOptions,
  protocols: readonly HubProtocol[],
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
    if (!(thrown instanceof HubServerError)) return { kind: 'gone' };
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
