// The JSON hub protocol (§6): one JSON object and 0x1E a message. Keys are written in the order of the .NET writer.
import { HubServerError } from '../errors.ts';
import { jsonValue } from './json-value.ts';
import type { HubMessage, MessageHeaders } from './messages.ts';
import { withoutProtoKeys } from './proto-keys.ts';
import type { HubProtocol, MessageReader, WireData } from './protocol.ts';
import { RecordReader, recordSeparator } from './record-reader.ts';

export const jsonProtocol: HubProtocol = Object.freeze({
  name: 'json',
  version: 2,
  transferFormat: 'Text',
  createReader: (limitBytes: number): MessageReader => new JsonReader(limitBytes),
  write: (message: HubMessage): string => writeJson(message) + recordSeparator,
});

class JsonReader implements MessageReader {
  readonly #records: RecordReader;

  constructor(limitBytes: number) {
    this.#records = new RecordReader(limitBytes);
  }

  get hasPartialMessage(): boolean {
    return this.#records.hasPartialRecord;
  }

  push(chunk: WireData): void {
    this.#records.push(chunk);
  }

  reset(): void {
    this.#records.reset();
  }

  next(): HubMessage | undefined {
    for (;;) {
      const record = this.#records.next();
      if (record === undefined) return undefined;
      const message = parseJsonMessage(record);
      if (message !== undefined) return message;
    }
  }
}

/** `undefined` for a message type we do not know: those are ignored. Throws `invalid-message`. */
export function parseJsonMessage(record: string): HubMessage | undefined {
  const fields = parseObject(record);
  switch (fields.type) {
    case 1: {
      const invocationId = optionalString(fields, 'invocationId');
      return {
        type: 'invocation',
        headers: optionalHeaders(fields),
        // §6.1 has it for MessagePack, clients send it in JSON too: an empty id is no id.
        invocationId: invocationId === '' ? undefined : invocationId,
        target: requiredString(fields, 'target'),
        arguments: requiredArray(fields, 'arguments'),
        streamIds: optionalStrings(fields, 'streamIds'),
      };
    }
    case 2:
      if (!Object.hasOwn(fields, 'item')) throw invalid("Missing required property 'item'.");
      return {
        type: 'stream-item',
        headers: optionalHeaders(fields),
        invocationId: requiredString(fields, 'invocationId'),
        item: fields.item,
      };
    case 3: {
      const invocationId = requiredString(fields, 'invocationId');
      const error = optionalString(fields, 'error');
      const hasResult = Object.hasOwn(fields, 'result');
      if (error !== undefined && hasResult) {
        throw invalid("The 'error' and 'result' properties are mutually exclusive.");
      }
      return {
        type: 'completion',
        headers: optionalHeaders(fields),
        invocationId,
        error,
        result: fields.result,
        hasResult,
      };
    }
    case 4:
      return {
        type: 'stream-invocation',
        headers: optionalHeaders(fields),
        invocationId: requiredString(fields, 'invocationId'),
        target: requiredString(fields, 'target'),
        arguments: requiredArray(fields, 'arguments'),
        streamIds: optionalStrings(fields, 'streamIds'),
      };
    case 5:
      return {
        type: 'cancel-invocation',
        headers: optionalHeaders(fields),
        invocationId: requiredString(fields, 'invocationId'),
      };
    case 6:
      return { type: 'ping' };
    case 7:
      return {
        type: 'close',
        error: optionalString(fields, 'error'),
        allowReconnect: optionalBoolean(fields, 'allowReconnect'),
      };
    case 8:
      return { type: 'ack', sequenceId: requiredInteger(fields, 'sequenceId') };
    case 9:
      return { type: 'sequence', sequenceId: requiredInteger(fields, 'sequenceId') };
    case undefined:
      throw invalid("Missing required property 'type'.");
    default:
      requiredInteger(fields, 'type');
      return undefined;
  }
}

export function writeJson(message: HubMessage): string {
  switch (message.type) {
    case 'invocation':
    case 'stream-invocation': {
      const id = message.invocationId === undefined ? '' : `"invocationId":${JSON.stringify(message.invocationId)},`;
      const streams = message.streamIds?.length ? `,"streamIds":${JSON.stringify(message.streamIds)}` : '';
      const start = `${message.type === 'invocation' ? '{"type":1' : '{"type":4'}${headersOf(message.headers)}`;
      return `${start},${id}"target":${JSON.stringify(message.target)},"arguments":${jsonValue(message.arguments)}${streams}}`;
    }
    case 'stream-item': {
      const id = JSON.stringify(message.invocationId);
      return `{"type":2${headersOf(message.headers)},"invocationId":${id},"item":${jsonValue(message.item)}}`;
    }
    case 'completion': {
      const start = `{"type":3${headersOf(message.headers)},"invocationId":${JSON.stringify(message.invocationId)}`;
      if (message.error !== undefined) return `${start},"error":${JSON.stringify(message.error)}}`;
      return message.hasResult ? `${start},"result":${jsonValue(message.result)}}` : `${start}}`;
    }
    case 'cancel-invocation':
      return `{"type":5${headersOf(message.headers)},"invocationId":${JSON.stringify(message.invocationId)}}`;
    case 'ping':
      return '{"type":6}';
    case 'close': {
      const error = message.error === undefined ? '' : `,"error":${JSON.stringify(message.error)}`;
      return `{"type":7${error}${message.allowReconnect === true ? ',"allowReconnect":true' : ''}}`;
    }
    case 'ack':
      return `{"type":8,"sequenceId":${message.sequenceId}}`;
    case 'sequence':
      return `{"type":9,"sequenceId":${message.sequenceId}}`;
  }
}

function headersOf(headers: MessageHeaders | undefined): string {
  return headers === undefined ? '' : `,"headers":${JSON.stringify(headers)}`;
}

type Fields = Record<string, unknown>;

function parseObject(record: string): Fields {
  let value: unknown;
  try {
    value = withoutProtoKeys(JSON.parse(record), record);
  } catch (cause) {
    throw invalid('Error reading JSON.', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('Unexpected JSON Token Type. Expected a JSON Object.');
  }
  return value as Fields;
}

const invalid = (message: string, cause?: unknown): HubServerError =>
  new HubServerError('invalid-message', message, { cause });

function requiredString(fields: Fields, name: string): string {
  const value = optionalString(fields, name);
  if (value === undefined) throw invalid(`Missing required property '${name}'.`);
  return value;
}

function optionalString(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw invalid(`Expected '${name}' to be of type String.`);
}

function optionalBoolean(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalid(`Expected '${name}' to be of type Boolean.`);
}

function requiredInteger(fields: Fields, name: string): number {
  const value = fields[name];
  if (value === undefined) throw invalid(`Missing required property '${name}'.`);
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw invalid(`Expected '${name}' to be of type Number.`);
}

function requiredArray(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (value === undefined) throw invalid(`Missing required property '${name}'.`);
  if (Array.isArray(value)) return value;
  throw invalid(`Expected '${name}' to be of type Array.`);
}

function optionalStrings(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value;
  throw invalid(`Expected '${name}' to be an Array of Strings.`);
}

function optionalHeaders({ headers }: Fields): MessageHeaders | undefined {
  if (headers === undefined || headers === null) return undefined;
  if (typeof headers !== 'object' || Array.isArray(headers)) throw invalid("Expected 'headers' to be of type Object.");
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') throw invalid(`Expected header '${name}' to be of type String.`);
  }
  return headers as MessageHeaders;
}
