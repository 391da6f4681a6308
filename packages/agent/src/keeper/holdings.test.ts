import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@longhaul/testing';
import { Holdings } from './holdings.ts';
import type { Holding } from './vault-wire.ts';

const idOf = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
const holding = (n: number, place: number, more: Partial<Holding> = {}): Holding => ({
  id: idOf(n),
  slot: 0x10000 + place,
  lease: 0,
  isLent: false,
  descriptor: 20 + place,
  cookie: 2 ** 52 + n,
  ...more,
});

test('what is held is found by id and by slot, with its lease', () => {
  const holdings = new Holdings();
  const one = holding(1, 0, { lease: 0x7fffffff, isLent: true, slot: 0xffff0000 });
  holdings.set(one);
  assert.deepEqual(holdings.get(one.id), one);
  assert.deepEqual(holdings.withSlot(one.slot), one);
  assert.equal(holdings.withSlot(0x10000), undefined, 'an earlier turn of the place');
  assert.equal(holdings.isAtHome(one.slot), false);
  holdings.set({ ...one, isLent: false });
  assert.equal(holdings.isAtHome(one.slot), true);
  assert.equal(holdings.size, 1);
});

test('an id has one place and a place one id', () => {
  const holdings = new Holdings();
  holdings.set(holding(1, 0));
  holdings.set(holding(1, 7));
  holdings.set(holding(2, 7));
  assert.deepEqual([...holdings], [holding(2, 7)]);
  assert.equal(holdings.withSlot(0x10000), undefined);
});

test('what is no id or no slot is refused', () => {
  const holdings = new Holdings();
  for (const id of ['', 'one', idOf(1).toUpperCase().replace('4', 'A'), `${idOf(1)}0`]) {
    assert.throws(() => holdings.set({ ...holding(1, 0), id }), TypeError);
  }
  for (const slot of [0, 1, 0xffff, 0x1ffff]) assert.throws(() => holdings.set({ ...holding(1, 0), slot }), RangeError);
});

test('many at random places, set, lent and deleted in any order, are what a plain map says', () => {
  for (const seed of [1, 2, 3]) {
    const random = seededRandom(seed);
    const holdings = new Holdings();
    const model = new Map<string, Holding>();
    for (let act = 0; act < 20_000; act++) {
      const one = holding(random.below(701), random.below(1_501), { lease: act, isLent: act % 3 === 0 });
      if (random.below(4) === 0) {
        holdings.delete(one.id);
        model.delete(one.id);
      } else {
        holdings.set(one);
        for (const other of model.values()) if (other.slot === one.slot) model.delete(other.id);
        model.set(one.id, one);
      }
      if (act % 50 === 0) {
        const probe = idOf(random.below(701));
        assert.deepEqual(holdings.get(probe), model.get(probe), `seed ${seed}, act ${act}`);
      }
    }
    assert.equal(holdings.size, model.size);
    for (const one of model.values()) assert.deepEqual(holdings.get(one.id), one);
    assert.deepEqual(
      [...holdings],
      [...model.values()].sort((a, b) => a.slot - b.slot),
    );
  }
});

test('what is packed is unpacked as it was, in parts that are no longer than asked for', () => {
  const holdings = new Holdings();
  const all = Array.from({ length: 500 }, (_, n) => holding(n, n * 3, { lease: n, isLent: n % 7 === 0 }));
  for (const one of all) holdings.set(one);
  const packs = [...holdings.pack(4_000)];
  assert.equal(packs.length, Math.ceil(1_498 / Math.floor(4_000 / 36)));
  for (const { records } of packs) assert.ok(records.byteLength <= 4_000);
  const copy = new Holdings();
  for (const pack of packs) copy.unpack(pack);
  assert.deepEqual([...copy], all);
  assert.deepEqual([copy.size, copy.get(idOf(499))], [500, all[499]]);
  assert.deepEqual([...new Holdings().pack(4_000)], []);
  const one = packs[0]!;
  assert.throws(() => copy.unpack(one), RangeError, 'twice');
  assert.throws(() => new Holdings().unpack({ ...one, firstPlace: 1 }), RangeError, 'in another place');
  assert.throws(() => new Holdings().unpack({ ...one, records: one.records.subarray(1) }), RangeError, 'cut off');
});
