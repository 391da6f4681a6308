// Golden messages (§6): each message, and what stands on the wire for it, byte for byte, in both protocols. JSON as text
// with its 0x1E, MessagePack as hexadecimal with its length.
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
