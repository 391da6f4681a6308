// What is parked, packed: an id of 128 bits, a slot, a lease, a descriptor's number and a cookie are 36 bytes of one array, at the
// place that the slot names, and an index finds them by id. Thousands of objects with strings and maps around them would be ten times as much (decision 181).
import { randomInt } from 'node:crypto';
import type { Holding } from './vault-wire.ts';

/** Places of one vault; a slot is a turn above its place, so that it is not given again before 65,535 others. */
export const maxPlaces = 0xffff;
export const placeOf = (slot: number): number => slot & 0xffff;
/** A lease and whether it is lent are one number: leases start again from 1 after this. */
const maxLease = 0x7fffffff;
export const leaseAfter = (lease: number): number => (lease % maxLease) + 1;

const recordWords = 9;
const slotAt = 4;
const leaseAt = 5;
const descriptorAt = 6;
const cookieAt = 7;
const firstPlaces = 64;

export class Holdings implements Iterable<Holding> {
  /**
   * Record after record: four words of the id, the slot (0: nobody is here), twice the lease and one when it is lent, the
   * descriptor's number, two words of the cookie.
   */
  #records = new Uint32Array(firstPlaces * recordWords);
  /** Places plus one by the hash of the id, 0 for none; never more than half full. */
  #index = new Uint16Array(firstPlaces * 2);
  /** So that nobody can choose ids that fall together. */
  readonly #seed = randomInt(2 ** 32);
  readonly #wanted = new Uint32Array(4);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    return this.#find(id) !== undefined;
  }

  get(id: string): Holding | undefined {
    const place = this.#find(id);
    return place === undefined ? undefined : this.#at(place);
  }

  withSlot(slot: number): Holding | undefined {
    return this.#isTaken(slot) ? this.#at(placeOf(slot)) : undefined;
  }

  /** Whether there is one at the slot that nobody has now. */
  isAtHome(slot: number): boolean {
    return this.#isTaken(slot) && (this.#records[placeOf(slot) * recordWords + leaseAt]! & 1) === 0;
  }

  /** Whoever had its id or its place before has it no more. @throws TypeError for an id that is no UUID in small letters */
  set({ id, slot, lease, isLent, descriptor, cookie }: Holding): void {
    const place = placeOf(slot);
    if (!isHoldingId(id)) throw new TypeError(`"${id}" names no hand-over`);
    if (slot <= maxPlaces || place >= maxPlaces) throw new RangeError(`${slot} is no slot`);
    const known = this.#find(id);
    this.#makeRoom(place);
    const at = place * recordWords;
    if (known !== place) {
      if (known !== undefined) this.#leave(known);
      if (this.#records[at + slotAt] !== 0) this.#leave(place);
      this.#records.set(this.#wanted, at);
      this.#enter(place);
      this.#size += 1;
    }
    this.#records[at + slotAt] = slot;
    this.#records[at + leaseAt] = lease * 2 + (isLent ? 1 : 0);
    this.#records[at + descriptorAt] = descriptor;
    this.#records[at + cookieAt] = cookie; // its lower half: the array takes no more
    this.#records[at + cookieAt + 1] = Math.floor(cookie / 2 ** 32);
  }

  delete(id: string): void {
    const place = this.#find(id);
    if (place !== undefined) this.#leave(place);
  }

  /** By place. May be changed meanwhile. */
  *[Symbol.iterator](): Iterator<Holding> {
    for (let place = 0; place * recordWords < this.#records.length; place++) {
      if (this.#records[place * recordWords + slotAt] !== 0) yield this.#at(place);
    }
  }

  /** Those that somebody has. */
  *lent(): Iterable<Holding> {
    for (let at = 0; at < this.#records.length; at += recordWords) {
      if (this.#records[at + slotAt] !== 0 && (this.#records[at + leaseAt]! & 1) === 1)
        yield this.#at(at / recordWords);
    }
  }

  #isTaken(slot: number): boolean {
    return slot !== 0 && this.#records[placeOf(slot) * recordWords + slotAt] === slot;
  }

  #at(place: number): Holding {
    const at = place * recordWords;
    const lease = this.#records[at + leaseAt]!;
    return {
      id: idOf(this.#records, at),
      slot: this.#records[at + slotAt]!,
      lease: lease >>> 1,
      isLent: (lease & 1) === 1,
      descriptor: this.#records[at + descriptorAt]!,
      cookie: this.#records[at + cookieAt + 1]! * 2 ** 32 + this.#records[at + cookieAt]!,
    };
  }

  /** Afterwards `#wanted` is the id in binary, if it is one. */
  #find(id: string): number | undefined {
    if (!isHoldingId(id)) return undefined;
    putId(this.#wanted, id);
    const mask = this.#index.length - 1;
    for (let slot = this.#hash(this.#wanted, 0) & mask; this.#index[slot] !== 0; slot = (slot + 1) & mask) {
      const place = this.#index[slot]! - 1;
      if (isSameId(this.#records, place * recordWords, this.#wanted)) return place;
    }
    return undefined;
  }

  /** Into the first free cell from its hash on. */
  #enter(place: number): void {
    const mask = this.#index.length - 1;
    let cell = this.#hash(this.#records, place * recordWords) & mask;
    while (this.#index[cell] !== 0) cell = (cell + 1) & mask;
    this.#index[cell] = place + 1;
  }

  #leave(place: number): void {
    const mask = this.#index.length - 1;
    let free = this.#hash(this.#records, place * recordWords) & mask;
    while (this.#index[free] !== place + 1) free = (free + 1) & mask;
    // Whatever comes behind moves up, unless it would then be before its hash: no search may end at a gap too early.
    for (let cell = (free + 1) & mask; this.#index[cell] !== 0; cell = (cell + 1) & mask) {
      const home = this.#hash(this.#records, (this.#index[cell]! - 1) * recordWords) & mask;
      if (((cell - home) & mask) < ((cell - free) & mask)) continue;
      this.#index[free] = this.#index[cell]!;
      free = cell;
    }
    this.#index[free] = 0;
    this.#records.fill(0, place * recordWords, (place + 1) * recordWords);
    this.#size -= 1;
  }

  #makeRoom(place: number): void {
    const places = this.#records.length / recordWords;
    if (place < places) return;
    const wanted = Math.max(places * 2, 2 ** Math.ceil(Math.log2(place + 1)));
    const before = this.#records;
    this.#records = new Uint32Array(wanted * recordWords);
    this.#records.set(before);
    this.#index = new Uint16Array(wanted * 2);
    for (let each = 0; each < places; each++) if (before[each * recordWords + slotAt] !== 0) this.#enter(each);
  }

  #hash(words: Uint32Array, at: number): number {
    let hash = this.#seed;
    for (let word = at; word < at + 4; word++) {
      hash = Math.imul(hash ^ words[word]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }
}

function isSameId(records: Uint32Array, at: number, id: Uint32Array): boolean {
  return records[at] === id[0] && records[at + 1] === id[1] && records[at + 2] === id[2] && records[at + 3] === id[3];
}

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** In small letters only: two texts never mean one id. */
export const isHoldingId = (id: string): boolean => form.test(id);

function putId(words: Uint32Array, id: string): void {
  words[0] = Number.parseInt(id.slice(0, 8), 16);
  words[1] = Number.parseInt(id.slice(9, 13) + id.slice(14, 18), 16);
  words[2] = Number.parseInt(id.slice(19, 23) + id.slice(24, 28), 16);
  words[3] = Number.parseInt(id.slice(28), 16);
}

function idOf(words: Uint32Array, at: number): string {
  const [a, b, c, d] = [0, 1, 2, 3].map(word => words[at + word]!.toString(16).padStart(8, '0')) as [
    string,
    string,
    string,
    string,
  ];
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}
