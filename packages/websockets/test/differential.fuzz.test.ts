// The same bytes, cut anywhere, into our core and into the receiver of `ws`: the same events, or both refuse.
// Known differences, all ours being stricter: lengths not in the shortest form, empty fragments that count like others,
// and bad UTF-8 noticed before the end of the message.
// LONGHAUL_SEED repeats a run, LONGHAUL_FUZZ_MS makes it longer.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import { test } from 'node:test';
import { seededRandom, singleBytes } from '@longhaul/testing';
import { WebSocketError } from '../src/errors.ts';
import { resolveSettings } from '../src/options.ts';
import { ConnectionCore } from '../src/protocol/connection.ts';
import { FrameDecoder } from '../src/protocol/frame-decoder.ts';
import { MessageAssembler } from '../src/protocol/message-assembler.ts';
import { isPart, type MessagePart } from '../src/protocol/message-parts.ts';
import { corpus } from './corpus.ts';
import { cut, makeStream } from './random-streams.ts';

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
  const assembler = new MessageAssembler(limits);
  const add = (part: MessagePart) => {
    try {
      return assembler.add(part);
    } catch (error) {
      assert.ok(error instanceof WebSocketError, String(error));
      core.fail(error, 0);
      return undefined;
    }
  };
  const collect = () => {
    for (const chunk of core.output.take()) pongs.push(Buffer.from(chunk));
    for (let event = pongs.next(); event !== undefined; event = pongs.next()) {
      if (event.opcode === 10) verdict.events.push(`ping ${payloadSeen(event.payload)}`);
    }
  };
  for (const piece of pieces) {
    core.push(Buffer.from(piece), 0);
    for (let item = core.next(() => 0); item !== undefined; item = core.next(() => 0)) {
      collect();
      const message = isPart(item) ? add(item) : item;
      if (message !== undefined) {
        verdict.events.push(`${message.type} ${payloadSeen(Buffer.from(message.data as string))}`);
      }
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

test('streams that once told something are seen alike, whole and byte by byte', () => {
  const streams = corpus('plain');
  assert.ok(streams.length >= 10);
  for (const { outcome, stream } of streams) {
    compare([stream]);
    compare(singleBytes(stream));
    assert.equal(ours([stream]).refusal ?? 'taken', outcome);
  }
});

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
