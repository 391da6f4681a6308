// Which copy of a socket stays when several vaults hold it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Holding } from '../keeper/vault-wire.ts';
import { doublesIn } from './doubles.ts';

const holding = (id: string, lease: number, isLent = false): Holding => ({
  id,
  slot: 0x10000,
  lease,
  isLent,
  descriptor: 20,
  cookie: 1,
});
const vault = (name: string, ...holdings: Holding[]) => ({ name, holdings });
const dropped = (...vaults: ReturnType<typeof vault>[]) =>
  doublesIn(vaults).map(([{ name }, id]) => `${id} of ${name}`);

test('what one vault alone holds stays', () => {
  assert.deepEqual(dropped(vault('v1', holding('a', 0), holding('b', 7)), vault('v2', holding('c', 0, true))), []);
});

test('of several copies the one stays that was handed out most often, wherever it is', () => {
  const [old, young] = [holding('a', 5), holding('a', 0)];
  assert.deepEqual(dropped(vault('v1', young), vault('v2', old)), ['a of v1']);
  assert.deepEqual(dropped(vault('v1', old), vault('v2', young)), ['a of v2']);
  assert.deepEqual(dropped(vault('v1', young), vault('v2', old), vault('v3', young)), ['a of v1', 'a of v3']);
  assert.equal(dropped(vault('v1', young), vault('v2', young)).length, 1);
});

test('a copy that somebody has stays', () => {
  assert.deepEqual(dropped(vault('v1', holding('a', 1, true)), vault('v2', holding('a', 5))), ['a of v2']);
});
