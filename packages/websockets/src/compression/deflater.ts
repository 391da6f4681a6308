// Compresses what one connection sends (RFC 7692 §7.2.1). Each call of zlib stands alone; where context is kept, the end of
// what was sent before is given to it as dictionary (decision 105). So small messages are compressed here and now, without
// a thread, and nothing is held between messages but the last bytes themselves.
import { constants, deflateRaw, deflateRawSync, type ZlibOptions } from 'node:zlib';
import type { CompressionSettings } from '../compression-options.ts';
import type { DeflateAgreement } from '../handshake/deflate.ts';
import { History } from './history.ts';

/** How far back we look: most of what the whole window brings, at an eighth of the time and memory (decision 106). */
const historyBytes = 4_096;
/** A short message looks back less: zlib hashes all of the dictionary with every call. */
const reachOf = (bytes: number) => Math.max(1_024, bytes * 8);
/** An empty message, or the empty end of one in parts: the first byte of an empty block without compression (RFC 7692 §7.2.3.6). */
const emptyBlock = Buffer.of(0);
/** What a sync flush ends with and the end of a message leaves out (RFC 7692 §7.2.1). */
const tailBytes = 4;

export class Deflater {
  readonly #agreement: DeflateAgreement;
  readonly #settings: CompressionSettings;
  #history: History | undefined;

  constructor(agreement: DeflateAgreement, settings: CompressionSettings) {
    this.#agreement = agreement;
    this.#settings = settings;
  }

  /** True where a message of this size is worth it. Windows of 8 bits (a client may be told so) zlib cannot do. */
  wants(bytes: number): boolean {
    return bytes >= this.#settings.thresholdBytes && this.#agreement.sendWindowBits > 8;
  }

  /** The payload of a message or a part of one. What it was made of counts as sent with `sent`. */
  deflate(bytes: Uint8Array, endsMessage: boolean): Uint8Array {
    if (bytes.length === 0) return endsMessage ? emptyBlock : bytes;
    return cut(deflateRawSync(bytes, this.#options(bytes.length)), endsMessage);
  }

  /** The same in a thread. */
  deflateLater(
    bytes: Uint8Array,
    endsMessage: boolean,
    done: (error: Error | null, deflated: Uint8Array) => void,
  ): void {
    deflateRaw(bytes, this.#options(bytes.length), (error, deflated) => done(error, cut(deflated, endsMessage)));
  }

  /** What the peer has inflated by now: messages that went out deflated, by us or in a frame shared with others. */
  sent(bytes: Uint8Array, endsMessage: boolean): void {
    if (this.#agreement.sendKeepsContext || !endsMessage) {
      this.#history ??= new History(Math.min(historyBytes, 2 ** this.#agreement.sendWindowBits));
      this.#history.append(bytes);
    } else this.#history = undefined;
  }

  /** One for a frame that many connections share: `deflateAlone` with the same key gives the same bytes. */
  get aloneKey(): number {
    return this.#agreement.sendWindowBits * 10 + this.#settings.level;
  }

  /** A whole message by itself, whatever was sent before. */
  deflateAlone(bytes: Uint8Array): Uint8Array {
    const { sendWindowBits } = this.#agreement;
    return cut(deflateRawSync(bytes, zlibOptions(bytes.length, undefined, sendWindowBits, this.#settings.level)), true);
  }

  #options(bytes: number): ZlibOptions {
    return zlibOptions(
      bytes,
      this.#history?.last?.subarray(-reachOf(bytes)),
      this.#agreement.sendWindowBits,
      this.#settings.level,
    );
  }
}

/** The smallest window and tables that serve this input: setting them up is most of the cost of a small message. */
function zlibOptions(bytes: number, dictionary: Buffer | undefined, mostBits: number, level: number): ZlibOptions {
  const seen = bytes + (dictionary?.length ?? 0);
  const bits = Math.min(mostBits, Math.max(9, 33 - Math.clz32(seen)));
  return {
    windowBits: bits,
    memLevel: Math.min(8, Math.max(1, bits - 6)),
    level,
    finishFlush: constants.Z_SYNC_FLUSH,
    // Room for all of it, also where it does not shrink: blocks without compression cost 5 bytes each.
    chunkSize: Math.min(65_536, bytes + 64),
    ...(dictionary === undefined ? {} : { dictionary }),
  };
}

function cut(deflated: Uint8Array, endsMessage: boolean): Uint8Array {
  return endsMessage ? deflated.subarray(0, deflated.length - tailBytes) : deflated;
}
