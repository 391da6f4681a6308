// Random streams of client frames for the fuzzers: mostly right, sometimes wrong in one way, cut anywhere.
import { constants, deflateRawSync } from 'node:zlib';
import type { SeededRandom } from '@longhaul/testing';
import { encodeFrame } from '../src/protocol/frame-encoder.ts';
import { applyMask } from '../src/protocol/mask.ts';

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

export function makeStream(random: SeededRandom): Buffer {
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

export function cut(random: SeededRandom, stream: Buffer): Buffer[] {
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

/** Messages of which some are deflated with context, in fragments with pings between, ended by a Close frame. */
export function makeDeflatedStream(random: SeededRandom): { stream: Buffer; isOdd: boolean } {
  const frames: Buffer[] = [];
  let history: Buffer = Buffer.alloc(0);
  let isOdd = false;
  for (let count = 1 + random.below(8); count > 0; count--) {
    const isText = random.below(2) === 0;
    const plain = random.below(15) === 0 ? random.bytes(random.below(90)) : textOf(random);
    const isDeflated = random.below(4) > 0;
    const endsDeflate = random.below(20) === 0;
    let payload = isDeflated ? deflated(plain, history, endsDeflate, random) : plain;
    // Behind a final block a sender starts anew; `ws` does not always get over one.
    isOdd ||= isDeflated && endsDeflate;
    if (isDeflated) history = endsDeflate ? Buffer.alloc(0) : Buffer.concat([history, plain]).subarray(-32_768);
    if (random.below(12) === 0 && payload.length > 0) {
      payload = Buffer.from(payload);
      payload[random.below(payload.length)]! ^= 1 << random.below(8);
      isOdd = true;
    }
    const parts = random.pick([1, 1, 1, 2, 3, 4]);
    for (let i = 0, at = 0; i < parts; i++) {
      const end = i === parts - 1 ? payload.length : at + random.below(payload.length - at + 1);
      const bytes = encodeFrame(
        i > 0 ? 0 : isText ? 1 : 2,
        i === parts - 1,
        payload.subarray(at, end),
        random.bytes(4).readInt32LE(),
      );
      if (isDeflated && (i === 0 || random.below(60) === 0)) bytes[0] = bytes[0]! | 0x40;
      if (random.below(100) === 0) bytes[0] = bytes[0]! | random.pick([0x20, 0x10]);
      frames.push(bytes);
      if (random.below(4) === 0) frames.push(encodeFrame(9, true, Buffer.from(`${frames.length}`), 1));
      at = end;
    }
  }
  frames.push(encodeFrame(8, true, Buffer.of(0x03, 0xe8), 7));
  return { stream: Buffer.concat(frames), isOdd };
}

function textOf(random: SeededRandom): Buffer {
  const length = random.pick([0, 1, 5, 60, 300, 3_000, 9_000, 20_000, 70_000, 99_000, 100_001]);
  const word = random.pick(['aé漢😀z', '{"id":1,"name":"x"},', 'x']);
  return Buffer.from(word.repeat(length / Buffer.byteLength(word)) + random.below(1_000));
}

function deflated(plain: Buffer, history: Buffer, isFinal: boolean, random: SeededRandom): Buffer {
  if (plain.length === 0) return Buffer.of(0);
  const bytes = deflateRawSync(plain, {
    finishFlush: isFinal ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    level: random.below(10),
    ...(history.length > 0 && random.below(5) > 0 ? { dictionary: history } : {}),
  });
  return isFinal ? Buffer.concat([bytes, Buffer.of(0)]) : bytes.subarray(0, -4);
}
