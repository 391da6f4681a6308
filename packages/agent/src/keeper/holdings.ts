// What is parked, packed: an id of 128 bits, a slot, a lease, a descriptor's number and a cookie are 36 bytes of one array, at the
// place that the slot names, and an index finds them by id. Objects with strings and maps around them would be ten times as much
// (decision 181).
import { randomInt } from 'node:crypto';
import type { Holding } from './vault-wire.ts';

/** Places of one vault; a slot is a turn above its place, so that it is not given again before 65,535 others. */
export const maxPlaces = 0xffff;
export const placeOf = (slot: number): number => slot & 0xffff;
/** A lease and whether it is lent are one number: leases start again from 1 after this. */
const maxLease = 0x7fffffff;
export const leaseAfter = (lease: number): number => (lease % maxLease) + 1;

const recordWords = 9;
const recordBytes = recordWords * 4;
const slotAt = 4;
const leaseAt = 5;
const descriptorAt = 6;
const cookieAt = 7;
const firstPlaces = 64;

/** Records of places one after the other, also of empty ones; in the memory of whoever packed them until they are sent. */
export interface PackedHoldings {
  readonly firstPlace: number;
  readonly records: Uint32Array;
}

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
  /** What is looked for, or put in. */
  readonly #wanted = new Uint32Array(recordWords);
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

  /** 0 when it is not held. */
  slotOf(id: string): number {
    const place = this.#find(id);
    return place === undefined ? 0 : this.#records[place * recordWords + slotAt]!;
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
    const record = this.#wanted;
    if (!putId(record, id)) throw new TypeError(`"${id}" names no hand-over`);
    record[slotAt] = slot;
    record[leaseAt] = lease * 2 + (isLent ? 1 : 0);
    record[descriptorAt] = descriptor;
    record[cookieAt] = cookie; // its lower half: the array takes no more
    record[cookieAt + 1] = Math.floor(cookie / 2 ** 32);
    const place = placeOf(slot);
    if (slot <= maxPlaces || place >= maxPlaces) throw new RangeError(`${slot} is no slot`);
    const known = this.#findWanted();
    this.#makeRoom(place);
    const at = place * recordWords;
    const isOther = known !== place;
    if (isOther && known !== undefined) this.#leave(known);
    if (isOther && this.#records[at + slotAt] !== 0) this.#leave(place);
    this.#records.set(record, at);
    if (!isOther) return;
    this.#enter(place);
    this.#size += 1;
  }

  /** Everything, as it is: records of places one after the other, of at most so many bytes together. */
  *pack(maxBytes: number): Iterable<PackedHoldings> {
    const perPack = Math.floor(maxBytes / recordBytes);
    let left = this.#size;
    for (let firstPlace = 0; left > 0; firstPlace += perPack) {
      const records = this.#records.subarray(firstPlace * recordWords, (firstPlace + perPack) * recordWords);
      let taken = 0;
      for (let at = slotAt; at < records.length; at += recordWords) if (records[at] !== 0) taken += 1;
      left -= taken;
      if (taken > 0) yield { firstPlace, records };
    }
  }

  /** Into places where nobody is. @throws RangeError for what was not packed by another of these */
  unpack({ firstPlace, records }: PackedHoldings): void {
    const places = records.length / recordWords;
    if (!Number.isInteger(places) || firstPlace + places > maxPlaces) throw new RangeError('these are no records');
    this.#makeRoom(firstPlace + places - 1);
    for (let place = firstPlace, at = 0; at < records.length; place += 1, at += recordWords) {
      const slot = records[at + slotAt]!;
      if (slot === 0) continue;
      if (slot <= maxPlaces || placeOf(slot) !== place) throw new RangeError(`${slot} is no slot`);
      if (this.#records[place * recordWords + slotAt] !== 0) throw new RangeError(`somebody is at place ${place}`);
      for (let word = 0; word < recordWords; word++) this.#records[place * recordWords + word] = records[at + word]!;
      this.#enter(place);
      this.#size += 1;
    }
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

  #find(id: string): number | undefined {
    return putId(this.#wanted, id) ? this.#findWanted() : undefined;
  }

  #findWanted(): number | undefined {
    const mask = this.#index.length - 1;
    for (let cell = this.#hash(this.#wanted, 0) & mask; this.#index[cell] !== 0; cell = (cell + 1) & mask) {
      const place = this.#index[cell]! - 1;
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

const idLength = 36;
/** What each character is worth, by its code; 16 for a dash, 255 for anything else. */
const worth = new Uint8Array(128).fill(255);
for (let digit = 0; digit < 16; digit++) worth[digit.toString(16).charCodeAt(0)] = digit;
worth['-'.charCodeAt(0)] = 16;

/** In small letters only: two texts never mean one id. Nothing is made on the way: at a start it is asked thousands of times. */
function putId(words: Uint32Array, id: string): boolean {
  if (id.length !== idLength) return false;
  let word = 0;
  let value = 0;
  let digits = 0;
  for (let index = 0; index < idLength; index++) {
    const digit = worth[id.charCodeAt(index)] ?? 255;
    const isDash = index === 8 || index === 13 || index === 18 || index === 23;
    if (isDash !== (digit === 16) || digit > 16) return false;
    if (isDash) continue;
    value = (value << 4) | digit;
    digits += 1;
    if (digits % 8 === 0) {
      words[word] = value;
      word += 1;
      value = 0;
    }
  }
  return true;
}

const scratch = new Uint32Array(4);
export const isHoldingId = (id: string): boolean => putId(scratch, id);

function idOf(words: Uint32Array, at: number): string {
  const [a, b, c, d] = [0, 1, 2, 3].map(word => words[at + word]!.toString(16).padStart(8, '0')) as [
    string,
    string,
    string,
    string,
  ];
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}
