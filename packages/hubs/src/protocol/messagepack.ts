// The MessagePack hub protocol (§6.1): a length and one MessagePack array a message, laid out as the .NET writer does.
import { HubServerError } from '../errors.ts';
import { FrameReader, prefixSize, writePrefix } from './frame-reader.ts';
import { MessagePackValues } from './messagepack-values.ts';
import type { HubMessage, MessageHeaders } from './messages.ts';
import type { HubProtocol, MessageReader, WireData } from './protocol.ts';

const errorResult = 1;
const voidResult = 2;
const nonVoidResult = 3;
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
      const message = readMessage(this.#values.decode(frame));
      if (message !== undefined) return message;
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

/** The items of a message, each read as what it must be. Throws `invalid-message`. */
class Fields {
  readonly #items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.#items = items;
  }

  any(index: number, name: string): unknown {
    if (index >= this.#items.length) throw invalid(`The item '${name}' is missing.`);
    return this.#items[index];
  }

  integer(index: number, name: string): number {
    const value = this.any(index, name);
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    throw wrongType(name, 'an Integer');
  }

  boolean(index: number, name: string): boolean {
    const value = this.any(index, name);
    if (typeof value === 'boolean') return value;
    throw wrongType(name, 'a Boolean');
  }

  string(index: number, name: string): string {
    const value = this.any(index, name);
    if (typeof value === 'string') return value;
    throw wrongType(name, 'a String');
  }

  optionalString(index: number, name: string): string | undefined {
    return this.any(index, name) === null ? undefined : this.string(index, name);
  }

  array(index: number, name: string): readonly unknown[] {
    const value = this.any(index, name);
    if (Array.isArray(value)) return value;
    throw wrongType(name, 'an Array');
  }

  /** `undefined` for none. */
  strings(index: number, name: string): readonly string[] | undefined {
    const value = this.any(index, name);
    if (value === null) return undefined;
    if (!Array.isArray(value) || !value.every(item => typeof item === 'string'))
      throw wrongType(name, 'an Array of Strings');
    return value.length === 0 ? undefined : value;
  }

  headers(): MessageHeaders | undefined {
    const value = this.any(1, 'headers');
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
      throw wrongType('headers', 'a Map');
    }
    const entries = Object.entries(value);
    if (entries.some(([key, item]) => key === '' || typeof item !== 'string'))
      throw wrongType('headers', 'a Map of Strings');
    return entries.length === 0 ? undefined : (value as MessageHeaders);
  }
}

const invalid = (message: string): HubServerError => new HubServerError('invalid-message', message);

const wrongType = (name: string, wanted: string): HubServerError => invalid(`The item '${name}' is not ${wanted}.`);
