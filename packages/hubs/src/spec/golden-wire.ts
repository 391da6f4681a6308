// Golden tables of the hub protocols (§5, §6), as data: what stands on the wire, byte for byte, and the message that it is.
// For the tests of this package, and of anything else that speaks these protocols. JSON as text with its 0x1E,
// MessagePack as hexadecimal with its length.
import type { HubMessage } from '../protocol/messages.ts';

export interface GoldenMessage {
  readonly shows: string;
  readonly message: HubMessage;
  readonly json: string;
  readonly messagepack: string;
  /** Lowest protocol version that has it. */
  readonly since: 1 | 2;
}

const row = (shows: string, message: HubMessage, json: string, messagepack: string, since: 1 | 2 = 1): GoldenMessage =>
  Object.freeze({ shows, message, json: `${json}\u001e`, messagepack, since });

/** Written exactly so, and read back as the same message, by both protocols. */
export const goldenMessages: readonly GoldenMessage[] = Object.freeze([
  row(
    'an invocation that nobody waits for',
    { type: 'invocation', target: 'send', arguments: [] },
    '{"type":1,"target":"send","arguments":[]}',
    '0b 96 01 80 c0 a4 73 65 6e 64 90 90',
  ),
  row(
    'an invocation with an id and nested arguments',
    { type: 'invocation', invocationId: 's1', target: 'ask', arguments: [1, 'two', { three: [true, null] }] },
    '{"type":1,"invocationId":"s1","target":"ask","arguments":[1,"two",{"three":[true,null]}]}',
    '1b 96 01 80 a2 73 31 a3 61 73 6b 93 01 a3 74 77 6f 81 a5 74 68 72 65 65 92 c3 c0 90',
  ),
  row(
    'an invocation with an upload stream',
    { type: 'invocation', invocationId: '1', target: 'up', arguments: [], streamIds: ['0'] },
    '{"type":1,"invocationId":"1","target":"up","arguments":[],"streamIds":["0"]}',
    '0c 96 01 80 a1 31 a2 75 70 90 91 a1 30',
  ),
  row(
    'headers, and numbers of several kinds',
    { type: 'invocation', headers: { traceparent: '00-a-b-01' }, target: 't', arguments: [1.5, -1, 65_536] },
    '{"type":1,"headers":{"traceparent":"00-a-b-01"},"target":"t","arguments":[1.5,-1,65536]}',
    '2d 96 01 81 ab 74 72 61 63 65 70 61 72 65 6e 74 a9 30 30 2d 61 2d 62 2d 30 31 c0 a1 74 93 cb 3f f8 00 00 00 00 00 00 ff ce 00 01 00 00 90',
  ),
  row(
    'a stream item that is null',
    { type: 'stream-item', invocationId: '7', item: null },
    '{"type":2,"invocationId":"7","item":null}',
    '06 94 02 80 a1 37 c0',
  ),
  row(
    'a stream item with text of every length of UTF-8, and a separator that is none',
    { type: 'stream-item', invocationId: '7', item: { a: 'é€😀\u001e' } },
    '{"type":2,"invocationId":"7","item":{"a":"é€😀\\u001e"}}',
    '13 94 02 80 a1 37 81 a1 61 aa c3 a9 e2 82 ac f0 9f 98 80 1e',
  ),
  row(
    'a stream item with a header',
    { type: 'stream-item', headers: { a: 'b' }, invocationId: '7', item: [] },
    '{"type":2,"headers":{"a":"b"},"invocationId":"7","item":[]}',
    '0a 94 02 81 a1 61 a1 62 a1 37 90',
  ),
  row(
    'a result',
    { type: 'completion', invocationId: '1', result: 42, hasResult: true },
    '{"type":3,"invocationId":"1","result":42}',
    '07 95 03 80 a1 31 03 2a',
  ),
  row(
    'the result of a void method',
    { type: 'completion', invocationId: '1', result: null, hasResult: true },
    '{"type":3,"invocationId":"1","result":null}',
    '07 95 03 80 a1 31 03 c0',
  ),
  row(
    'the end of a stream',
    { type: 'completion', invocationId: '1', hasResult: false },
    '{"type":3,"invocationId":"1"}',
    '06 94 03 80 a1 31 02',
  ),
  row(
    'an error',
    { type: 'completion', invocationId: '1', error: 'no "luck"', hasResult: false },
    '{"type":3,"invocationId":"1","error":"no \\"luck\\""}',
    '10 95 03 80 a1 31 01 a9 6e 6f 20 22 6c 75 63 6b 22',
  ),
  row(
    'a stream invocation',
    { type: 'stream-invocation', invocationId: '2', target: 'counter', arguments: [10] },
    '{"type":4,"invocationId":"2","target":"counter","arguments":[10]}',
    '10 96 04 80 a1 32 a7 63 6f 75 6e 74 65 72 91 0a 90',
  ),
  row(
    'a stream invocation with two upload streams',
    { type: 'stream-invocation', invocationId: '2', target: 'upper', arguments: [], streamIds: ['0', '1'] },
    '{"type":4,"invocationId":"2","target":"upper","arguments":[],"streamIds":["0","1"]}',
    '11 96 04 80 a1 32 a5 75 70 70 65 72 90 92 a1 30 a1 31',
  ),
  row(
    'a cancellation',
    { type: 'cancel-invocation', invocationId: '2' },
    '{"type":5,"invocationId":"2"}',
    '05 93 05 80 a1 32',
  ),
  row('a ping', { type: 'ping' }, '{"type":6}', '02 91 06'),
  row('a close', { type: 'close', allowReconnect: false }, '{"type":7}', '04 93 07 c0 c2'),
  row(
    'a close that allows to reconnect',
    { type: 'close', allowReconnect: true },
    '{"type":7,"allowReconnect":true}',
    '04 93 07 c0 c3',
  ),
  row(
    'a close with an error',
    { type: 'close', error: 'Connection closed with an error.', allowReconnect: true },
    '{"type":7,"error":"Connection closed with an error.","allowReconnect":true}',
    '25 93 07 d9 20 43 6f 6e 6e 65 63 74 69 6f 6e 20 63 6c 6f 73 65 64 20 77 69 74 68 20 61 6e 20 65 72 72 6f 72 2e c3',
  ),
  row('an ack', { type: 'ack', sequenceId: 12 }, '{"type":8,"sequenceId":12}', '03 92 08 0c', 2),
  row(
    'an ack of more than 32 bits',
    { type: 'ack', sequenceId: 4_294_967_296 },
    '{"type":8,"sequenceId":4294967296}',
    '0b 92 08 cf 00 00 00 01 00 00 00 00',
    2,
  ),
  row('a sequence', { type: 'sequence', sequenceId: 1 }, '{"type":9,"sequenceId":1}', '03 92 09 01', 2),
  row(
    'a message whose length takes two bytes in MessagePack',
    { type: 'stream-item', invocationId: '7', item: 'x'.repeat(130) },
    `{"type":2,"invocationId":"7","item":"${'x'.repeat(130)}"}`,
    `89 01 94 02 80 a1 37 d9 82${' 78'.repeat(130)}`,
  ),
]);

export interface GoldenValue {
  readonly value: unknown;
  readonly messagepack: string;
}

/** Values written and read in exactly this form by MessagePack: the shortest integer, timestamps, byte strings. */
export const goldenValues: readonly GoldenValue[] = Object.freeze([
  { value: null, messagepack: 'c0' },
  { value: false, messagepack: 'c2' },
  { value: true, messagepack: 'c3' },
  { value: 0, messagepack: '00' },
  { value: 127, messagepack: '7f' },
  { value: 128, messagepack: 'cc 80' },
  { value: 255, messagepack: 'cc ff' },
  { value: 256, messagepack: 'cd 01 00' },
  { value: 65_535, messagepack: 'cd ff ff' },
  { value: 65_536, messagepack: 'ce 00 01 00 00' },
  { value: 4_294_967_295, messagepack: 'ce ff ff ff ff' },
  { value: 4_294_967_296, messagepack: 'cf 00 00 00 01 00 00 00 00' },
  { value: 9_007_199_254_740_991, messagepack: 'cf 00 1f ff ff ff ff ff ff' },
  { value: 9_007_199_254_740_992n, messagepack: 'cf 00 20 00 00 00 00 00 00' },
  { value: 18_446_744_073_709_551_615n, messagepack: 'cf ff ff ff ff ff ff ff ff' },
  { value: -1, messagepack: 'ff' },
  { value: -32, messagepack: 'e0' },
  { value: -33, messagepack: 'd0 df' },
  { value: -128, messagepack: 'd0 80' },
  { value: -129, messagepack: 'd1 ff 7f' },
  { value: -32_768, messagepack: 'd1 80 00' },
  { value: -32_769, messagepack: 'd2 ff ff 7f ff' },
  { value: -2_147_483_648, messagepack: 'd2 80 00 00 00' },
  { value: -2_147_483_649, messagepack: 'd3 ff ff ff ff 7f ff ff ff' },
  { value: -9_007_199_254_740_991, messagepack: 'd3 ff e0 00 00 00 00 00 01' },
  { value: -9_223_372_036_854_775_808n, messagepack: 'd3 80 00 00 00 00 00 00 00' },
  { value: 0.5, messagepack: 'cb 3f e0 00 00 00 00 00 00' },
  { value: Number.NaN, messagepack: 'cb 7f f8 00 00 00 00 00 00' },
  { value: Number.POSITIVE_INFINITY, messagepack: 'cb 7f f0 00 00 00 00 00 00' },
  { value: '', messagepack: 'a0' },
  { value: 'x'.repeat(31), messagepack: `bf${' 78'.repeat(31)}` },
  { value: 'x'.repeat(32), messagepack: `d9 20${' 78'.repeat(32)}` },
  { value: [], messagepack: '90' },
  { value: {}, messagepack: '80' },
  { value: Uint8Array.of(), messagepack: 'c4 00' },
  { value: Uint8Array.of(1, 2, 255), messagepack: 'c4 03 01 02 ff' },
  { value: new Date('2000-01-01T00:00:00Z'), messagepack: 'd6 ff 38 6d 43 80' },
  { value: new Date('2000-01-01T00:00:00.123Z'), messagepack: 'd7 ff 1d 53 53 00 38 6d 43 80' },
  { value: new Date('1969-12-31T23:59:59.5Z'), messagepack: 'c7 0c ff 1d cd 65 00 ff ff ff ff ff ff ff ff' },
]);

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
    // ids, targets, arguments, streams of other kinds
    '07 95 01 80 05 a1 74 90',
    '06 95 01 80 c0 07 90',
    '07 95 01 80 c0 a1 74 80',
    '06 94 01 80 c0 a1 74',
    '09 96 01 80 c0 a1 74 90 91 01',
    '07 95 04 80 c0 a1 74 90',
    '05 93 02 80 a1 37',
    '05 94 02 80 c0 c0',
    '06 94 03 80 a1 31 03',
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
    // a __proto__ key, a key that cannot be one
    '11 94 02 80 a1 37 81 a9 5f 5f 70 72 6f 74 6f 5f 5f 01',
    '08 94 02 80 a1 37 81 c3 01',
    // more than 2 GB
    'ff ff ff ff 08',
    'ff ff ff ff ff 01',
  ].map(wire => Object.freeze({ protocol: 'messagepack' as const, wire })),
]);

export interface GoldenHandshake {
  /** Without the separator. */
  readonly request: string;
  /** The answer without the separator, of a server with both protocols over a transport that carries text and bytes. */
  readonly answer: string;
}

const malformed = '{"error":"An unexpected error occurred during connection handshake."}';

/** Handshakes (§5); errors as without detailed errors. */
export const goldenHandshakes: readonly GoldenHandshake[] = Object.freeze([
  { request: '{"protocol":"json","version":1}', answer: '{}' },
  { request: '{"protocol":"json","version":2}', answer: '{}' },
  { request: '{"protocol":"messagepack","version":1}', answer: '{}' },
  { request: '{"protocol":"messagepack","version":2}', answer: '{}' },
  { request: '{"protocol":"JSON","version":0}', answer: '{}' },
  { request: '{"version":-1,"more":[],"protocol":"MessagePack"}', answer: '{}' },
  {
    request: '{"protocol":"json","version":3}',
    answer: '{"error":"The server does not support version 3 of the \'json\' protocol."}',
  },
  {
    request: '{"protocol":"messagepack","version":3}',
    answer: '{"error":"The server does not support version 3 of the \'messagepack\' protocol."}',
  },
  { request: '{"protocol":"xml","version":1}', answer: '{"error":"The protocol \'xml\' is not supported."}' },
  {
    request: '{"protocol":"__proto__","version":1}',
    answer: '{"error":"The protocol \'__proto__\' is not supported."}',
  },
  { request: '{"protocol":"json"}', answer: malformed },
  { request: '{"version":1}', answer: malformed },
  { request: '{"protocol":1,"version":1}', answer: malformed },
  { request: '{"protocol":"json","version":"1"}', answer: malformed },
  { request: '{"protocol":"json","version":1.5}', answer: malformed },
  { request: '[]', answer: malformed },
  { request: 'x', answer: malformed },
  { request: '', answer: malformed },
]);
