// The same bytes, cut anywhere, into a whole connection of ours with permessage-deflate and into the receiver of `ws` with
// its own: the same messages and pings, or both refuse. Damaged data and final blocks only have to end in events or in an
// error of ours: `ws` loses output and context behind a final block, and lets a message that ends inside a block run on.
// LONGHAUL_SEED repeats a run, LONGHAUL_FUZZ_MS makes it longer.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import { after, test } from 'node:test';
import { leakCheck, seededRandom, singleBytes } from '@longhaul/testing';
import { ZlibSlots } from '../src/compression/zlib-slots.ts';
import { compressionDefaults } from '../src/compression-options.ts';
import { Driver } from '../src/endpoint/driver.ts';
import type { Transport } from '../src/endpoint/transport.ts';
import { WebSocketError } from '../src/errors.ts';
import { resolveSettings } from '../src/options.ts';
import { FrameDecoder } from '../src/protocol/frame-decoder.ts';
import { corpus } from './corpus.ts';
import { cut, makeDeflatedStream } from './random-streams.ts';

after(leakCheck());

const limits = { maxMessageBytes: 100_000, maxFragments: 3 };
const agreement = { sendWindowBits: 15, sendKeepsContext: true, receiveWindowBits: 15, receiveKeepsContext: true };
interface Deflate {
  accept(offers: object[]): object;
  cleanup(): void;
}
const { Receiver, PerMessageDeflate } = createRequire(import.meta.url)('ws') as {
  Receiver: new (options: object) => Writable;
  PerMessageDeflate: new (options: object) => Deflate;
};

interface Verdict {
  readonly messages: string[];
  readonly pings: string[];
  /** Code, or message of `ws`, of the refusal. */
  refusal: string | undefined;
}

const seen = (data: string | Buffer, isText: boolean) => {
  const bytes = Buffer.from(data as string);
  return `${isText ? 'text' : 'binary'} ${bytes.length} ${bytes.subarray(0, 20).toString('hex')} ${bytes.subarray(-20).toString('hex')}`;
};

/** Carries bytes to a driver and keeps what it writes. */
class MemoryTransport extends EventEmitter {
  readonly written: Buffer[] = [];
  destroyed = false;
  readonly writable = true;
  readonly writableLength = 0;
  write(bytes: Uint8Array, onHandedOver?: (error?: Error | null) => void): boolean {
    this.written.push(Buffer.from(bytes));
    if (onHandedOver !== undefined) setImmediate(onHandedOver);
    return true;
  }
  cork(): void {}
  uncork(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {
    this.destroy();
  }
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    setImmediate(() => this.emit('close'));
  }
}

async function ours(pieces: readonly Buffer[]): Promise<Verdict> {
  const transport = new MemoryTransport();
  const settings = resolveSettings(limits, { maxControlFramesPerSecond: 1e9 });
  const setup = { agreement, settings: compressionDefaults, slots: new ZlibSlots(2) };
  const driver = new Driver(transport as unknown as Transport, 'server', settings, Buffer.alloc(0), undefined, setup);
  const messages: string[] = [];
  let failure: unknown;
  const receiving = (async () => {
    try {
      for (let message = await driver.receive(); message !== undefined; message = await driver.receive()) {
        messages.push(seen(message.data, message.type === 'text'));
      }
    } catch (error) {
      failure = error;
    }
  })();
  for (const [i, piece] of pieces.entries()) {
    if (transport.destroyed) break;
    transport.emit('data', Buffer.from(piece));
    if (i % 50 === 0) await new Promise(setImmediate);
  }
  transport.emit('end');
  await Promise.all([driver.closed, receiving]);
  if (failure !== undefined) assert.ok(failure instanceof WebSocketError, String(failure));
  const code = failure instanceof WebSocketError ? failure.code : undefined;
  return {
    messages,
    pings: pongsIn(transport.written),
    refusal: code === 'connection-lost' ? undefined : code,
  };
}

function pongsIn(written: readonly Buffer[]): string[] {
  const decoder = new FrameDecoder('client');
  const pongs: string[] = [];
  for (const bytes of written) decoder.push(bytes);
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    if (event.opcode === 10) pongs.push(event.payload.toString());
  }
  return pongs;
}

async function theirs(pieces: readonly Buffer[]): Promise<Verdict> {
  const verdict: Verdict = { messages: [], pings: [], refusal: undefined };
  const deflate = new PerMessageDeflate({ isServer: true, maxPayload: limits.maxMessageBytes });
  deflate.accept([{}]);
  const receiver = new Receiver({
    isServer: true,
    maxPayload: limits.maxMessageBytes,
    maxFragments: limits.maxFragments,
    maxBufferedChunks: 1e9,
    extensions: { 'permessage-deflate': deflate },
  });
  receiver.on('message', (data: Buffer, isBinary: boolean) => verdict.messages.push(seen(data, !isBinary)));
  receiver.on('ping', (data: Buffer) => verdict.pings.push(data.toString()));
  const ended = new Promise<void>(resolve => {
    receiver.on('error', () => resolve());
    receiver.on('conclude', () => resolve());
  });
  for (const piece of pieces) {
    if (receiver.errored !== null || receiver.writableEnded) break;
    const taken = new Promise<void>(resolve => receiver.write(Buffer.from(piece), () => resolve()));
    await Promise.race([taken, ended]);
  }
  // Every stream ends in a Close frame, or in an offence before it.
  await ended;
  deflate.cleanup();
  verdict.refusal = receiver.errored?.message;
  return verdict;
}

async function compare(pieces: readonly Buffer[], isOdd: boolean): Promise<string> {
  const we = await ours(pieces);
  const they = await theirs(pieces);
  // Events or an error of ours: that holds for everything; `ws` and zlib have their own ways with odd data.
  if (isOdd) return `odd: ${we.refusal ?? 'taken'}`;
  if (we.refusal === undefined) {
    assert.equal(they.refusal, undefined, `only ws refuses: ${they.refusal}`);
    assert.deepEqual(we.messages, they.messages);
    assert.deepEqual(we.pings, they.pings);
    return 'taken';
  }
  // Empty fragments count for us and not for `ws`.
  if (we.refusal === 'too-many-fragments') {
    assert.deepEqual(we.messages, they.messages.slice(0, we.messages.length));
    return we.refusal;
  }
  assert.notEqual(they.refusal, undefined, `only we refuse: ${we.refusal}`);
  assert.deepEqual(we.messages, they.messages);
  return we.refusal;
}

test('streams that once told something are seen alike, whole and byte by byte', async () => {
  const streams = corpus('deflate');
  assert.ok(streams.length >= 8);
  for (const { outcome, stream } of streams) {
    const isOdd = outcome.startsWith('odd');
    assert.equal(await compare([stream], isOdd), outcome);
    assert.equal(await compare(singleBytes(stream), isOdd), outcome);
  }
});

test('a connection with deflate and the receiver of ws see the same in any bytes', async t => {
  const random = seededRandom();
  t.diagnostic(`LONGHAUL_SEED=${random.seed}`);
  const until = performance.now() + Number(process.env.LONGHAUL_FUZZ_MS ?? 3_000);
  const outcomes = new Map<string, number>();
  let runs = 0;
  for (; performance.now() < until; runs++) {
    const { stream, isOdd } = makeDeflatedStream(random);
    const pieces = cut(random, stream);
    try {
      const outcome = await compare(pieces, isOdd);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } catch (cause) {
      throw new Error(`Run ${runs} of LONGHAUL_SEED=${random.seed} differs`, { cause });
    }
  }
  t.diagnostic(`${runs} streams: ${[...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`);
  assert.ok(runs < 300 || outcomes.size >= 5, 'the generator reaches too little');
});
