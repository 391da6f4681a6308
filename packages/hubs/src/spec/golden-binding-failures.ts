// Golden binding failures (§8.2, §8.6) of MessagePack: the head of the message can be read, what it carries cannot. The call,
// the upload stream or the question fails; the connection lives on. (JSON that cannot be read ends the connection.)
import type { HubMessage } from '../protocol/messages.ts';

export interface GoldenBindingFailure {
  readonly shows: string;
  readonly messagepack: string;
  /** Without its `bindingError`. */
  readonly message: HubMessage;
  /** Text of the `bindingError`; a completion says in its own `error` that nobody can read it. */
  readonly error?: string;
}

const mismatch =
  'Error binding arguments. Make sure that the types of the provided values match the types of the hub method being invoked.';
const noArray = "Reading array length for 'arguments' failed.";

const tracedCall: HubMessage = {
  type: 'invocation',
  headers: { a: 'b' },
  invocationId: '1',
  target: 't',
  arguments: [],
};

const call = (shows: string, messagepack: string, error: string): GoldenBindingFailure => {
  const message: HubMessage = { type: 'invocation', target: 't', arguments: [] };
  return Object.freeze({ shows, messagepack, message, error });
};

const stream = (shows: string, messagepack: string, error: string): GoldenBindingFailure => {
  const message: HubMessage = { type: 'stream-invocation', invocationId: '2', target: 't', arguments: [] };
  return Object.freeze({ shows, messagepack, message, error });
};

const item = (shows: string, messagepack: string): GoldenBindingFailure => {
  const message: HubMessage = { type: 'stream-item', invocationId: '7', item: undefined };
  return Object.freeze({ shows, messagepack, message, error: mismatch });
};

const result = (shows: string, messagepack: string): GoldenBindingFailure => {
  const error = 'Error trying to deserialize result.';
  const message: HubMessage = { type: 'completion', invocationId: '1', error, hasResult: false };
  return Object.freeze({ shows, messagepack, message });
};

export const goldenBindingFailures: readonly GoldenBindingFailure[] = Object.freeze([
  call('a call without arguments', '06 94 01 80 c0 a1 74', noArray),
  call('arguments that are a map', '07 95 01 80 c0 a1 74 80', noArray),
  call('arguments that are a number', '07 95 01 80 c0 a1 74 2a', noArray),
  call('arguments that are nil, and streams', '08 96 01 80 c0 a1 74 c0 90', noArray),
  call('more arguments declared than there are', '08 95 01 80 c0 a1 74 92 01', mismatch),
  call('four billion arguments declared', '0b 95 01 80 c0 a1 74 dd ff ff ff ff', mismatch),
  call('an argument that begins with no byte of MessagePack', '09 96 01 80 c0 a1 74 91 c1 90', mismatch),
  call('a text that is longer than the message', '0a 95 01 80 c0 a1 74 91 d9 50 78', mismatch),
  call('a __proto__ key in an argument', '14 96 01 80 c0 a1 74 91 81 a9 5f 5f 70 72 6f 74 6f 5f 5f 01 90', mismatch),
  call('a key that cannot be one', '0b 96 01 80 c0 a1 74 91 81 c3 01 90', mismatch),
  call('a timestamp of an impossible length', '0c 96 01 80 c0 a1 74 91 d5 ff 00 00 90', mismatch),
  Object.freeze({
    shows: 'a call with headers that waits for its answer',
    messagepack: '0d 96 01 81 a1 61 a1 62 a1 31 a1 74 91 c1',
    message: tracedCall,
    error: mismatch,
  }),
  stream('a stream invocation without arguments', '07 94 04 80 a1 32 a1 74', noArray),
  stream(
    'an argument of a stream invocation, upload streams after it',
    '0c 96 04 80 a1 32 a1 74 91 c1 91 a1 30',
    mismatch,
  ),
  item('a stream item without its item', '05 93 02 80 a1 37'),
  item('a __proto__ key in an item', '11 94 02 80 a1 37 81 a9 5f 5f 70 72 6f 74 6f 5f 5f 01'),
  item('a key of an item that cannot be one', '08 94 02 80 a1 37 81 c3 01'),
  item('an item that ends too early', '07 94 02 80 a1 37 92 01'),
  result('an answer without its result', '06 94 03 80 a1 31 03'),
  result('an answer that nobody can read', '07 95 03 80 a1 31 03 c1'),
]);
