// Golden wires that we never write (§6): what is understood, or ignored, all the same, and what is refused.
import type { HubMessage } from '../protocol/messages.ts';

export interface GoldenReading {
  readonly shows: string;
  readonly protocol: 'json' | 'messagepack';
  readonly wire: string;
  /** `undefined`: the message is ignored. */
  readonly message: HubMessage | undefined;
}

const json = (shows: string, text: string, message: HubMessage | undefined): GoldenReading =>
  Object.freeze({ shows, protocol: 'json', wire: `${text}\u001e`, message });

const messagepack = (shows: string, wire: string, message: HubMessage | undefined): GoldenReading =>
  Object.freeze({ shows, protocol: 'messagepack', wire, message });

const plainCall: HubMessage = Object.freeze({ type: 'invocation', target: 't', arguments: [1] });

/** Never written by us, and understood (or ignored) all the same. */
export const goldenReadings: readonly GoldenReading[] = Object.freeze([
  json('properties in any order, unknown ones', '{"arguments":[1],"more":{},"target":"t","type":1}', plainCall),
  json('an empty id is no id', '{"type":1,"invocationId":"","target":"t","arguments":[1]}', plainCall),
  json('a null id is no id', '{"type":1,"invocationId":null,"target":"t","arguments":[1]}', plainCall),
  json('the last of two equal keys counts', '{"type":6,"target":"x","type":1,"target":"t","arguments":[1]}', plainCall),
  json('an unknown type', '{"type":99,"x":1}', undefined),
  messagepack('five items, as the JavaScript client has them', '08 95 01 80 c0 a1 74 91 01', plainCall),
  messagepack('an empty id is no id', '09 96 01 80 a0 a1 74 91 01 90', plainCall),
  messagepack('items of a later version', '0a 97 01 80 c0 a1 74 91 01 90 01', plainCall),
  messagepack('integers longer than they need be', '11 95 d0 01 80 c0 a1 74 91 d3 00 00 00 00 00 00 00 01', plainCall),
  messagepack('a length longer than it need be', '88 80 00 95 01 80 c0 a1 74 91 01', plainCall),
  messagepack('a close of two items', '03 92 07 c0', { type: 'close' }),
  messagepack('a ping with more', '03 92 06 01', { type: 'ping' }),
  messagepack('an unknown type', '03 92 63 01', undefined),
]);

export interface GoldenRefusal {
  readonly protocol: 'json' | 'messagepack';
  readonly wire: string;
}

/** Not the protocol: the connection is closed with an error (§6). */
export const goldenRefusals: readonly GoldenRefusal[] = Object.freeze([
  ...[
    'x',
    '',
    '[]',
    'null',
    '"text"',
    '7',
    '{}',
    '{"type":"1"}',
    '{"type":null}',
    '{"type":1.5}',
    '{"type":1,"arguments":[]}',
    '{"type":1,"target":"t"}',
    '{"type":1,"target":7,"arguments":[]}',
    '{"type":1,"target":"t","arguments":{}}',
    '{"type":1,"target":"t","arguments":[],"streamIds":[1]}',
    '{"type":1,"target":"t","arguments":[],"streamIds":"0"}',
    '{"type":1,"target":"t","arguments":[],"invocationId":5}',
    '{"type":1,"target":"t","arguments":[],"headers":[]}',
    '{"type":1,"target":"t","arguments":[],"headers":{"a":1}}',
    '{"type":2,"invocationId":"1"}',
    '{"type":2,"item":1}',
    '{"type":3}',
    '{"type":3,"invocationId":"1","error":"e","result":1}',
    '{"type":4,"target":"t","arguments":[]}',
    '{"type":5}',
    '{"type":7,"error":5}',
    '{"type":7,"allowReconnect":"yes"}',
    '{"type":8}',
    '{"type":9,"sequenceId":"1"}',
    '{"__proto__":{"type":6}}',
    '{"constructor":{"type":6}}',
  ].map(text => Object.freeze({ protocol: 'json' as const, wire: `${text}\u001e` })),
  ...[
    '00',
    '01 06',
    '01 90',
    '01 c0',
    '02 81 01',
    '02 91 c0',
    '03 92 06 c1',
    '03 91 06 06',
    '02 92 06',
    // no headers; headers that are no map of texts
    '02 91 01',
    '07 95 01 c0 c0 a1 74 90',
    '0a 95 01 81 a1 61 c0 c0 a1 74 90',
    '0a 95 01 81 a0 a1 61 c0 a1 74 90',
    // ids, targets, streams of other kinds
    '07 95 01 80 05 a1 74 90',
    '06 95 01 80 c0 07 90',
    '09 96 01 80 c0 a1 74 90 91 01',
    '07 95 04 80 c0 a1 74 90',
    '05 94 02 80 c0 c0',
    '06 94 03 80 a1 31 04',
    '07 95 03 80 a1 31 01 05',
    '04 93 05 80 c0',
    '03 92 07 05',
    '04 93 07 c0 01',
    '02 91 08',
    '04 92 08 a1 31',
    '0b 92 09 cb 3f e0 00 00 00 00 00 00',
    // more declared than there is
    '06 dd ff ff ff ff 06',
    '06 df ff ff ff ff 06',
    '07 94 02 db ff ff ff ff',
    '07 94 02 c6 ff ff ff ff',
    '07 94 02 c9 ff ff ff ff',
    // more than 2 GB
    'ff ff ff ff 08',
    'ff ff ff ff ff 01',
  ].map(wire => Object.freeze({ protocol: 'messagepack' as const, wire })),
]);
