// The MessagePack hub protocol (§6.1): a length and one MessagePack array a message, laid out as the .NET writer does.
import { FrameReader, prefixSize, writePrefix } from './frame-reader.ts';
import { Fields, invalid } from './messagepack-fields.ts';
import { errorResult, nonVoidResult, readHead, voidResult } from './messagepack-head.ts';
import { MessagePackValues } from './messagepack-values.ts';
import type { HubMessage, MessageHeaders } from './messages.ts';
import type { HubProtocol, MessageReader, WireData } from './protocol.ts';

const pingFrame = Uint8Array.of(2, 0x91, 6);
const noHeaders: MessageHeaders = Object.freeze({});

/** One for each server is enough: it holds scratch space, nothing of any connection. */
export function createMessagePackProtocol(): HubProtocol {
  const values = new MessagePackValues();
  return Object.freeze({
    name: 'messagepack',
    version: 2,
    transferFormat: 'Binary',
    createReader: (limitBytes: number): MessageReader => new MessagePackReader(values, limitBytes),
    write: (message: HubMessage): Uint8Array => {
      if (message.type === 'ping') return pingFrame;
      const body = values.encode(layOut(message));
      const size = prefixSize(body.length);
      const frame = new Uint8Array(size + body.length);
      writePrefix(frame, body.length);
      frame.set(body, size);
      return frame;
    },
  });
}

class MessagePackReader implements MessageReader {
  readonly #values: MessagePackValues;
  readonly #frames: FrameReader;

  constructor(values: MessagePackValues, limitBytes: number) {
    this.#values = values;
    this.#frames = new FrameReader(limitBytes);
  }

  get hasPartialMessage(): boolean {
    return this.#frames.hasPartialFrame;
  }

  push(chunk: WireData): void {
    this.#frames.push(chunk);
  }

  reset(): void {
    this.#frames.reset();
  }

  next(): HubMessage | undefined {
    for (;;) {
      const frame = this.#frames.next();
      if (frame === undefined) return undefined;
      const message = this.#read(frame);
      if (message !== undefined) return message;
    }
  }

  #read(frame: Uint8Array): HubMessage | undefined {
    try {
      return readMessage(this.#values.decode(frame));
    } catch (error) {
      const message = readHead(this.#values, frame);
      if (message === undefined) throw error;
      return message;
    }
  }
}

function layOut(message: HubMessage): unknown[] {
  switch (message.type) {
    case 'invocation':
    case 'stream-invocation': {
      const { headers = noHeaders, invocationId = null, target, arguments: args, streamIds = [] } = message;
      return [message.type === 'invocation' ? 1 : 4, headers, invocationId, target, args, streamIds];
    }
    case 'stream-item':
      return [2, message.headers ?? noHeaders, message.invocationId, message.item];
    case 'completion': {
      const { headers = noHeaders, invocationId, error, result, hasResult } = message;
      if (error !== undefined) return [3, headers, invocationId, errorResult, error];
      return hasResult ? [3, headers, invocationId, nonVoidResult, result] : [3, headers, invocationId, voidResult];
    }
    case 'cancel-invocation':
      return [5, message.headers ?? noHeaders, message.invocationId];
    case 'ping':
      return [6];
    case 'close':
      return [7, message.error ?? null, message.allowReconnect === true];
    case 'ack':
      return [8, message.sequenceId];
    case 'sequence':
      return [9, message.sequenceId];
  }
}

/** `undefined` for a message type we do not know; items after the known ones are ignored (§6.1). */
function readMessage(items: unknown): HubMessage | undefined {
  if (!Array.isArray(items)) throw invalid('The message is not an array.');
  const fields = new Fields(items);
  const type = fields.integer(0, 'type');
  switch (type) {
    case 1:
    case 4: {
      const headers = fields.headers();
      const invocationId = fields.optionalString(2, 'invocationId') || undefined;
      const target = fields.string(3, 'target');
      const args = fields.array(4, 'arguments');
      const streamIds = items.length > 5 ? fields.strings(5, 'streamIds') : undefined;
      if (type === 1) return { type: 'invocation', headers, invocationId, target, arguments: args, streamIds };
      if (invocationId === undefined) throw invalid("The item 'invocationId' is missing.");
      return { type: 'stream-invocation', headers, invocationId, target, arguments: args, streamIds };
    }
    case 2:
      return {
        type: 'stream-item',
        headers: fields.headers(),
        invocationId: fields.string(2, 'invocationId'),
        item: fields.any(3, 'item'),
      };
    case 3: {
      const headers = fields.headers();
      const invocationId = fields.string(2, 'invocationId');
      const kind = fields.integer(3, 'resultKind');
      if (kind === voidResult) return { type: 'completion', headers, invocationId, hasResult: false };
      if (kind === errorResult) {
        const error = fields.string(4, 'error');
        return { type: 'completion', headers, invocationId, error, hasResult: false };
      }
      if (kind !== nonVoidResult) throw invalid(`There is no result kind ${kind}.`);
      return { type: 'completion', headers, invocationId, result: fields.any(4, 'result'), hasResult: true };
    }
    case 5:
      return { type: 'cancel-invocation', headers: fields.headers(), invocationId: fields.string(2, 'invocationId') };
    case 6:
      return { type: 'ping' };
    case 7: {
      const error = fields.optionalString(1, 'error');
      return {
        type: 'close',
        error,
        allowReconnect: items.length > 2 ? fields.boolean(2, 'allowReconnect') : undefined,
      };
    }
    case 8:
      return { type: 'ack', sequenceId: fields.integer(1, 'sequenceId') };
    case 9:
      return { type: 'sequence', sequenceId: fields.integer(1, 'sequenceId') };
    default:
      return undefined;
  }
}
