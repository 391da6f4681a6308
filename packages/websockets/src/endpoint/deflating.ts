// Joins what deflates the messages of a connection to its core and its writer, and to the end of the connection: that one
// waits for messages that are still in a thread.
import { Deflater } from '../compression/deflater.ts';
import type { DeflateSetup } from '../compression/inflater.ts';
import { Outgoing } from '../compression/outgoing.ts';
import { WebSocketError } from '../errors.ts';
import type { ConnectionCore } from '../protocol/connection.ts';
import type { Writer } from './writer.ts';

export function outgoingThrough(
  { agreement, settings, slots }: DeflateSetup,
  core: ConnectionCore,
  writer: Writer,
  owner: { settle(): void; abort(error: WebSocketError): void },
): Outgoing {
  return new Outgoing(new Deflater(agreement, settings), slots, {
    put: (type, data, isFinal, isDeflated) => core.send(type, data, isFinal, isDeflated),
    handedOver: () => writer.handedOver(),
    mustBeOpen: () => core.mustBeOpen(),
    onIdle: isIdle => {
      core.holdsCloseAnswer = !isIdle;
      if (!isIdle) return;
      core.answerClose(performance.now());
      owner.settle();
    },
    onFailure: cause => owner.abort(new WebSocketError('connection-aborted', 'zlib failed', { cause })),
  });
}
