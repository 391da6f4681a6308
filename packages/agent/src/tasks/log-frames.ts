// What a host prints for one of its runs, as it comes through a pipe of its own: frames of a run's id, a length and bytes.
// The other half is in the SDK (client/src/task-host). Pure. A frame that cannot be one ends the reading for good.

/** Bytes of a run's id in ASCII. */
const idBytes = 36;
const headBytes = idBytes + 4;
/** Of one frame; the host splits what is longer. */
export const maxFrameBytes = 16_384;

export interface Printed {
  readonly run: string;
  readonly bytes: Buffer;
}

export class LogFrames {
  #rest: Buffer = Buffer.alloc(0);
  #isBroken = false;

  /** The frames that are complete now. */
  *add(chunk: Buffer): Generator<Printed> {
    if (this.#isBroken) return;
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= headBytes) {
      const length = bytes.readUInt32LE(idBytes);
      if (length > maxFrameBytes) {
        this.#isBroken = true;
        bytes = Buffer.alloc(0);
        break;
      }
      if (bytes.length < headBytes + length) break;
      yield {
        run: bytes.toString('latin1', 0, idBytes),
        bytes: Buffer.from(bytes.subarray(headBytes, headBytes + length)),
      };
      bytes = bytes.subarray(headBytes + length);
    }
    this.#rest = Buffer.from(bytes);
  }
}
