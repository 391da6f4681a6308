// The same bytes, cut anywhere, into our core and into the receiver of `ws`: the same events, or both refuse.
// Known differences, all ours being stricter: lengths not in the shortest form, empty fragments that count like others,
// and bad UTF-8 noticed before the end of the message.
// LONGHAUL_SEED repeats a run, LONGHAUL_FUZZ_MS makes it longer.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import { test } from 'node:test';
import { type SeededRandom, seededRandom } from '@longhaul/testing';
import { resolveSettings } from '../src/options.ts';
import { ConnectionCore } from '../src/protocol/connection.ts';
import { FrameDecoder } from '../src/protocol/frame-decoder.ts';
import { applyMask } from '../src/protocol/mask.ts';

const limits = { maxMessageBytes: 100_000, maxFragments: 4 };
// `ws` has a receiver class that its types do not show.
const { Receiver } = createRequire(import.meta.url)('ws') as { Receiver: new (options: object) => Writable };

interface Verdict {
  /** Messages and pings in order, then the close. */
  readonly events: string[];
  /** Code of the refusal. */
  refusal: string | undefined;
}

const payloadSeen = (payload: Buffer) =>
  payload.length > 60 ? `${payload.length}:${payload.subarray(0, 30).toString('hex')}` : payload.toString('hex');

function ours(pieces: readonly Buffer[]): Verdict {
  const core = new ConnectionCore('server', resolveSettings(limits, { maxControlFramesPerSecond: 1e9 }), undefined, 0);
  const verdict: Verdict = { events: [], refusal: undefined };
  const pongs = new FrameDecoder('client');
  const collect = () => {
    for (const chunk of core.output.take()) pongs.push(Buffer.from(chunk));
    for (let event = pongs.next(); event !== undefined; event = pongs.next()) {
      if (event.opcode === 10) verdict.events.push(`ping ${payloadSeen(event.payload)}`);
    }
  };
  for (const piece of pieces) {
    core.push(Buffer.from(piece), 0);
    for (let message = core.next(0); message !== undefined; message = core.next(0)) {
      collect();
      verdict.events.push(`${message.type} ${payloadSeen(Buffer.from(message.data as string))}`);
    }
    collect();
  }
  const { state } = core;
  if (state.kind === 'failed') verdict.refusal = state.outcome.error?.code;
  else if ('outcome' in state) verdict.events.push(`close ${state.outcome.code} ${state.outcome.reason}`);
  return verdict;
}

function theirs(pieces: readonly Buffer[]): Verdict {
  const verdict: Verdict = { events: [], refusal: undefined };
  const receiver = new Receiver({
    isServer: true,
    maxPayload: limits.maxMessageBytes,
    maxFragments: limits.maxFragments,
    maxBufferedChunks: 1e9,
    allowSynchronousEvents: true,
  });
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    verdict.events.push(`${isBinary ? 'binary' : 'text'} ${payloadSeen(data)}`),
  );
  receiver.on('ping', (data: Buffer) => verdict.events.push(`ping ${payloadSeen(data)}`));
  receiver.on('conclude', (code: number, reason: Buffer) => verdict.events.push(`close ${code} ${reason}`));
  receiver.on('error', () => {});
  for (const piece of pieces) {
    if (receiver.errored !== null || receiver.writableEnded) break;
    receiver.write(Buffer.from(piece));
  }
  verdict.refusal = receiver.errored?.message;
  return verdict;
}

/** One frame: mostly right, sometimes wrong in one way. */
function makeFrame(random: SeededRandom, isMessageOpen: boolean): { bytes: Buffer; opcode: number; isFinal: boolean } {
  const isOdd = random.below(40) === 0;
  const isControl = random.below(4) === 0;
  const opcode = isOdd
    ? random.below(16)
    : isControl
      ? random.pick([9, 9, 10, 10, 10, 8])
      : isMessageOpen
        ? 0
        : random.pick([1, 1, 2]);
  const isFinal = opcode >= 8 ? random.below(60) > 0 : random.below(3) > 0;
  const rsv = random.below(80) === 0 ? random.below(8) : 0;
  const payload = makePayload(random, opcode);
  const form = random.below(100) === 0 ? random.below(3) : payload.length < 126 ? 0 : payload.length < 65_536 ? 1 : 2;
  const isMasked = random.below(100) > 0;
  const length =
    form === 0 ? Buffer.of(payload.length & 0x7f) : Buffer.alloc(form === 1 ? 3 : 9, form === 1 ? 126 : 127);
  if (form === 1) length.writeUInt16BE(payload.length & 0xffff, 1);
  if (form === 2)
    length.writeBigUInt64BE(BigInt(payload.length) | (random.below(20) === 0 ? 1n << BigInt(random.below(64)) : 0n), 1);
  if (isMasked) length[0] = length[0]! | 0x80;
  const key = random.bytes(isMasked ? 4 : 0);
  if (isMasked) applyMask(payload, 0, payload.length, key.readInt32LE(), 0);
  return {
    bytes: Buffer.concat([Buffer.of((isFinal ? 0x80 : 0) | (rsv << 4) | opcode), length, key, payload]),
    opcode,
    isFinal,
  };
}

function makePayload(random: SeededRandom, opcode: number): Buffer {
  if (opcode === 8) {
    const code = random.pick([1000, 1001, 1003, 1004, 1005, 1006, 1011, 1014, 1015, 3000, 4999, 5000, 999, 0]);
    const whole = Buffer.concat([
      Buffer.of(code >> 8, code & 255),
      Buffer.from(random.pick(['', 'bye', 'ö'])),
      random.below(8) === 0 ? random.bytes(2) : Buffer.of(),
    ]);
    return whole.subarray(0, random.pick([whole.length, whole.length, whole.length, 0, 1, 2]));
  }
  const length =
    opcode > 8
      ? random.pick([0, 1, 5, 125, 126])
      : random.pick([0, 1, 2, 7, 30, 125, 126, 200, 1_000, 65_535, 65_536, 100_001]);
  const bytes =
    random.below(12) === 0
      ? random.bytes(Math.min(length, 50))
      : Buffer.from('aé漢😀z'.repeat(length / 11) + 'x'.repeat(length % 11));
  return Buffer.from(bytes);
}

function makeStream(random: SeededRandom): Buffer {
  const frames: Buffer[] = [];
  let isMessageOpen = false;
  for (let count = 1 + random.below(12); count > 0; count--) {
    const { bytes, opcode, isFinal } = makeFrame(random, isMessageOpen);
    frames.push(bytes);
    if (opcode < 8) isMessageOpen = !isFinal;
  }
  const stream = Buffer.concat(frames);
  if (random.below(20) === 0) stream[random.below(stream.length)]! ^= 1 << random.below(8);
  return random.below(10) === 0 ? stream.subarray(0, random.below(stream.length)) : stream;
}

function cut(random: SeededRandom, stream: Buffer): Buffer[] {
  const most = random.pick([1, 3, 20, 1_000, 70_000, 1_000_000]);
  if (most < 20 && stream.length > 3_000) return [stream];
  const pieces: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const length = 1 + random.below(most);
    pieces.push(stream.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const rest = Buffer.alloc(16);

function compare(pieces: readonly Buffer[]): void {
  const we = ours(pieces);
  const they = theirs(pieces);
  if (we.refusal === undefined) {
    assert.deepEqual(we.events, they.events);
    // A header may lack its last bytes: then one of us knows already and the other with the rest of it.
    if (they.refusal !== undefined)
      assert.notEqual(ours([...pieces, rest]).refusal, undefined, `only ws refuses: ${they.refusal}`);
    return;
  }
  assert.deepEqual(they.events.slice(0, we.events.length), we.events);
  if (we.refusal === 'length-not-minimal' || we.refusal === 'too-many-fragments') return;
  if (we.refusal === 'invalid-utf8') {
    // ws looks at the end of the message, if that ever comes; it must not let it through.
    const next = they.events[we.events.length];
    assert.doesNotMatch(next ?? '', /^(text|binary)/, `ws takes ${next}`);
    return;
  }
  assert.deepEqual(they.events, we.events);
  const refusal = they.refusal ?? theirs([...pieces, rest]).refusal;
  assert.notEqual(refusal, undefined, `only we refuse: ${we.refusal}`);
}

test('the core and the receiver of ws see the same in any bytes', t => {
  const random = seededRandom();
  const forMs = Number(process.env.LONGHAUL_FUZZ_MS ?? 3_000);
  t.diagnostic(`LONGHAUL_SEED=${random.seed}`);
  const until = performance.now() + forMs;
  const outcomes = new Map<string, number>();
  let runs = 0;
  for (; performance.now() < until; runs++) {
    const stream = makeStream(random);
    const pieces = cut(random, stream);
    try {
      compare(pieces);
    } catch (error) {
      throw new Error(
        `Run ${runs} of LONGHAUL_SEED=${random.seed} differs: ${stream.subarray(0, 400).toString('hex')}`,
        { cause: error },
      );
    }
    const outcome = ours([stream]).refusal ?? 'taken';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  t.diagnostic(`${runs} streams: ${[...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`);
  assert.ok(runs < 200 || outcomes.size > 8, 'the generator reaches too little');
});
