import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostConnections } from './host-connections.ts';

test('a host has room up to its limit and is crowded beyond it; others are not concerned', () => {
  const hosts = new HostConnections(2);
  const leave = hosts.join('a');
  assert.deepEqual([hosts.hasRoom('a'), hosts.isCrowded('a')], [true, false]);
  hosts.join('a');
  assert.deepEqual([hosts.hasRoom('a'), hosts.isCrowded('a')], [false, false]);
  hosts.join('a');
  assert.deepEqual([hosts.hasRoom('a'), hosts.isCrowded('a'), hosts.hasRoom('b')], [false, true, true]);
  leave();
  assert.deepEqual([hosts.count('a'), hosts.isCrowded('a')], [2, false]);
});
