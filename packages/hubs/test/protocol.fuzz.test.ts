// Both hub protocols and the handshake against bytes of every kind, cut anywhere: messages, or our error, never anything
// else; memory in proportion to the bytes. What was found once stays in protocol-corpus.json and is read first.
//   LONGHAUL_SEED repeats a run, LONGHAUL_FUZZ_MS makes it longer (default 1,000 for each)
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type SeededRandom, seededRandom } from '@longhaul/testing';
import { Decoder } from '@msgpack/msgpack';
import { HubServerError } from '../src/errors.ts';
import { answerHandshake } from '../src/protocol/handshake.ts';
import { jsonProtocol } from '../src/protocol/json.ts';
import { createMessagePackProtocol } from '../src/protocol/messagepack.ts';
import { scanValue } from '../src/protocol/messagepack-scan.ts';
import { MessagePackValues } from '../src/protocol/messagepack-values.ts';
import type {
  HubMessage,
  InvocationMessage,
  StreamInvocationMessage,
  StreamItemMessage,
} from '../src/protocol/messages.ts';
import type { HubProtocol } from '../src/protocol/protocol.ts';
import { RecordReader } from '../src/protocol/record-reader.ts';
import {
  goldenBindingFailures,
  goldenHandshakes,
  goldenMessages,
  goldenReadings,
  goldenRefusals,
} from '../src/spec/golden-wire.ts';

const budgetMs = Number(process.env.LONGHAUL_FUZZ_MS ?? 1_000);
const limitBytes = 32_768;
const protocols = { json: jsonProtocol, messagepack: createMessagePackProtocol() };
type Name = keyof typeof protocols;

const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const corpus = JSON.parse(readFileSync(new URL('protocol-corpus.json', import.meta.url), 'utf8')) as Record<
  Name | 'handshake',
  readonly string[]
>;

/** Valid and nearly valid wires to begin with. */
const seeds: Record<Name, readonly Buffer[]> = {
  json: [
    ...goldenMessages.map(({ json }) => Buffer.from(json)),
    ...[...goldenReadings, ...goldenRefusals]
      .filter(each => each.protocol === 'json')
      .map(({ wire }) => Buffer.from(wire)),
    ...['{"type":1,"type":6,"target":"t","target":"u","arguments":[],"arguments":[1]}', `${'['.repeat(3_000)}`].map(
      text => Buffer.from(`${text}\u001e`),
    ),
    Buffer.from(
      '{"type":1,"target":"t","arguments":[{"__proto__":{"a":1},"constructor":{"prototype":{"a":1}}}]}\u001e',
    ),
  ],
  messagepack: [
    ...goldenMessages.map(({ messagepack }) => fromHex(messagepack)),
    ...[...goldenReadings, ...goldenRefusals]
      .filter(each => each.protocol === 'messagepack')
      .map(({ wire }) => fromHex(wire)),
    ...goldenBindingFailures.map(({ messagepack }) => fromHex(messagepack)),
  ],
};

const interesting = [
  0x00, 0x1e, 0x22, 0x5b, 0x7b, 0x7f, 0x80, 0x81, 0x90, 0x91, 0xa1, 0xc0, 0xc1, 0xc6, 0xc9, 0xcf, 0xd3,
];
const headers = [0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff];

function mutate(random: SeededRandom, wire: Buffer): Buffer {
  let bytes = Buffer.from(wire);
  for (let times = random.below(4); times > 0 && bytes.length > 0; times -= 1) {
    const at = random.below(bytes.length);
    switch (random.below(7)) {
      case 0:
        bytes[at] = random.below(256);
        break;
      case 1:
        bytes[at] = random.pick([...interesting, ...headers]);
        break;
      case 2:
        bytes[at]! ^= 1 << random.below(8);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(random.below(6)), bytes.subarray(at)]);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.below(6))]);
        break;
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(random.below(400), bytes[at]), bytes.subarray(at)]);
        break;
      default:
        bytes = Buffer.concat([bytes, bytes.subarray(at)]);
    }
  }
  return bytes;
}

/** The body of a random array with a length in front: deep, wide, and often lying about both. */
function madeUp(random: SeededRandom): Buffer {
  const body: number[] = [0x90 + random.below(8), random.below(12), 0x80];
  for (let count = random.below(40); count > 0; count -= 1)
    body.push(random.pick([...interesting, ...headers, random.below(256)]));
  return Buffer.from([body.length, ...body]);
}

function pieces(random: SeededRandom, wire: Buffer): Buffer[] {
  const cuts = Array.from({ length: random.below(4) }, () => random.below(wire.length + 1)).sort((a, b) => a - b);
  return [...cuts, wire.length].map((end, index) => Buffer.from(wire.subarray(cuts[index - 1] ?? 0, end)));
}

interface Verdict {
  readonly messages: HubMessage[];
  readonly refusal: string | undefined;
}

function read(protocol: HubProtocol, chunks: readonly Buffer[]): Verdict {
  const reader = protocol.createReader(limitBytes);
  const messages: HubMessage[] = [];
  try {
    for (const chunk of chunks) {
      reader.push(chunk);
      for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message);
    }
  } catch (error) {
    assert.ok(error instanceof HubServerError, `not our error: ${String(error)}`);
    assert.ok(error.code === 'invalid-message' || error.code === 'message-too-large', error.code);
    return { messages, refusal: error.code };
  }
  return { messages, refusal: undefined };
}

/** What every message must be, whoever sent it. */
function check(message: HubMessage): void {
  if (isUnbound(message)) {
    assert.equal(message.bindingError.code, 'invalid-arguments');
    assert.deepEqual(
      message.type === 'stream-item' ? message.item : message.arguments,
      message.type === 'stream-item' ? undefined : [],
    );
  }
  for (const key of ['target', 'invocationId', 'error'] as const) {
    const value = (message as unknown as Record<string, unknown>)[key];
    assert.ok(value === undefined || typeof value === 'string', `${key} is ${typeof value}`);
  }
  if (message.type === 'invocation' || message.type === 'stream-invocation') {
    assert.ok(Array.isArray(message.arguments));
    assert.ok((message.streamIds ?? []).every(id => typeof id === 'string'));
    assert.ok(Object.values(message.headers ?? {}).every(value => typeof value === 'string'));
    assert.equal(Object.hasOwn(Object.assign({}, message.arguments[0]), '__proto__'), false);
    assert.equal(
      (Object.assign({}, message.arguments[0]) as { a?: unknown }).a === 1 && !isOwn(message.arguments[0]),
      false,
    );
  }
  if (message.type === 'ack' || message.type === 'sequence') assert.ok(Number.isInteger(message.sequenceId));
  assert.equal(({} as { a?: unknown }).a, undefined);
}

function isUnbound(message: HubMessage): message is (
  | InvocationMessage
  | StreamInvocationMessage
  | StreamItemMessage
) & {
  bindingError: HubServerError;
} {
  return 'bindingError' in message && message.bindingError !== undefined;
}

const isOwn = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.hasOwn(value, 'a');

function judge(name: Name, random: SeededRandom, wire: Buffer): Verdict {
  const context = () => `${name} ${wire.toString('hex')}`;
  try {
    const whole = read(protocols[name], [Buffer.from(wire)]);
    for (const message of whole.messages) check(message);
    // However it is cut, the same comes of it.
    const cut = read(protocols[name], pieces(random, wire));
    assert.deepEqual(cut, whole);
    return whole;
  } catch (cause) {
    throw new Error(`put this into protocol-corpus.json: ${context()}`, { cause });
  }
}

for (const name of ['json', 'messagepack'] as const) {
  const random = seededRandom();
  test(`${name}, seed ${random.seed}: messages, or our error, never anything else`, t => {
    const base = corpus[name].map(fromHex);
    for (const wire of base) judge(name, random, wire);
    const all = [...seeds[name], ...base];
    const heapBefore = process.memoryUsage().rss;
    let [rounds, understood, refused] = [0, 0, 0];
    for (const until = performance.now() + budgetMs; performance.now() < until; rounds += 1) {
      const source = name === 'messagepack' && random.below(3) === 0 ? madeUp(random) : random.pick(all);
      const wires = Array.from({ length: 1 + random.below(3) }, (_, n) => (n === 0 ? source : random.pick(all)));
      const { messages, refusal } = judge(name, random, mutate(random, Buffer.concat(wires)));
      if (messages.length > 0) understood += 1;
      if (refusal !== undefined) refused += 1;
    }
    t.diagnostic(`${rounds} wires, ${understood} with messages, ${refused} refused`);
    assert.ok(understood > 0 && refused > 0);
    assert.ok(process.memoryUsage().rss - heapBefore < 500e6, 'memory grows');
  });
}

test('what our reading of MessagePack lets through is what the library makes of it', () => {
  const random = seededRandom();
  const decoder = new Decoder();
  let agreed = 0;
  for (const until = performance.now() + budgetMs / 3; performance.now() < until; ) {
    const wire = mutate(random, random.pick(seeds.messagepack));
    const { messages } = read(protocols.messagepack, [wire]);
    const isOneMessage = messages.length === 1 && wire[0] === wire.length - 1 && wire.length <= 0x80; // a length of one byte
    if (!isOneMessage) continue;
    const [message] = messages;
    if (isUnbound(message!) || isUnreadableAnswer(message!)) continue;
    const items = decoder.decode(wire.subarray(1)) as unknown[];
    assert.ok(Array.isArray(items), wire.toString('hex'));
    if (message?.type === 'invocation') assert.equal(message.target, items[3], wire.toString('hex'));
    agreed += 1;
  }
  assert.ok(agreed > 0);
});

test('a message whose head is good fails its call at most, whatever it carries', () => {
  const random = seededRandom();
  const heads = ['95 01 80 c0 a1 74', '95 04 80 a1 32 a1 74', '94 02 80 a1 37', '95 03 80 a1 31 03'].map(fromHex);
  const types = ['invocation', 'stream-invocation', 'stream-item', 'completion'];
  let unbound = 0;
  for (const until = performance.now() + budgetMs / 3; performance.now() < until; ) {
    const at = random.below(heads.length);
    const payload = random.below(2) === 0 ? random.bytes(random.below(100)) : madeUp(random).subarray(1);
    const body = Buffer.concat([heads[at]!, payload]);
    const { messages, refusal } = judge('messagepack', random, Buffer.from([body.length, ...body]));
    const context = `${body.toString('hex')}: ${refusal}`;
    // What follows a payload that can be read is no business of the call.
    if (refusal !== undefined) assert.ok(isFollowed(payload), context);
    else
      assert.deepEqual(
        messages.map(message => message.type),
        [types[at]],
        context,
      );
    if (messages.some(message => isUnbound(message) || isUnreadableAnswer(message))) unbound += 1;
  }
  assert.ok(unbound > 0);
});

const isUnreadableAnswer = (message: HubMessage): boolean =>
  message.type === 'completion' && message.error === 'Error trying to deserialize result.';

/** A value that can be read, and something after it. */
function isFollowed(payload: Uint8Array): boolean {
  const { end } = scanValue(payload, 0, 1);
  new MessagePackValues().decode(payload.subarray(0, end), 1);
  return end < payload.length;
}

const handshakeRandom = seededRandom();
test(`handshake, seed ${handshakeRandom.seed}: an answer or our error, and what follows is kept`, () => {
  const random = handshakeRandom;
  const context = {
    protocols: Object.values(protocols),
    transferFormats: ['Text', 'Binary'] as const,
    enableDetailedErrors: true,
  };
  const requests = [
    ...goldenHandshakes.map(({ request }) => Buffer.from(`${request}\u001e`)),
    ...corpus.handshake.map(fromHex),
  ];
  const shake = (wire: Buffer) => {
    const records = new RecordReader(limitBytes);
    try {
      for (const piece of pieces(random, wire)) {
        records.push(piece);
        const record = records.next();
        if (record === undefined) continue;
        const answer = answerHandshake(record, context);
        if ('error' in answer) assert.equal(typeof answer.error, 'string');
        else assert.ok(answer.version <= 2 && context.protocols.includes(answer.protocol));
        assert.ok(records.takeRest() instanceof Uint8Array);
        return;
      }
    } catch (error) {
      assert.ok(
        error instanceof HubServerError,
        `not our error: ${String(error)} of handshake ${wire.toString('hex')}`,
      );
    }
  };
  for (const wire of requests) shake(wire);
  for (const until = performance.now() + budgetMs; performance.now() < until; ) {
    shake(mutate(random, Buffer.concat([random.pick(requests), random.pick(seeds.json)])));
  }
});
