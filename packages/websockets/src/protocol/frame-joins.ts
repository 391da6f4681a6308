// Frames that many connections send one after the other, joined once for all of them: eight broadcasts in a tick are one
// buffer for everybody, not eight copies for each. Joined bytes are shared and read only, like the frames.

/** Belongs to one shared frame, and remembers what it was joined to first. */
export class FrameJoins {
  #before: Uint8Array | undefined;
  #joined: Uint8Array | undefined;

  /** `before` and `frame` as one; nothing where the frame was joined to something else already: that is for a copy. */
  of(before: Uint8Array, frame: Uint8Array): Uint8Array | undefined {
    if (this.#before === undefined) {
      this.#before = before;
      this.#joined = Buffer.concat([before, frame]);
    }
    return this.#before === before ? this.#joined : undefined;
  }
}
