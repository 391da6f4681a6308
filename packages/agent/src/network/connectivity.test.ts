import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import { InterfaceConnectivity, isLoopbackHost } from './connectivity.ts';

describe('hosts that never wait for a network', () => {
  for (const host of [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    '127.0.0.1',
    '127.9.8.7',
    '::1',
    '[::1]',
    '[::ffff:7f00:1]',
  ]) {
    test(host, () => assert.equal(isLoopbackHost(host), true));
  }
  for (const host of [
    'example.com',
    'localhost.example.com',
    'notlocalhost',
    '0.0.0.0',
    '128.0.0.1',
    '127.example.com',
    '[::2]',
    '[::ffff:8000:1]',
  ]) {
    test(`not ${host}`, () => assert.equal(isLoopbackHost(host), false));
  }
});

test('it looks only while somebody waits, tells each of them once, and can be left', t => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  let isOn = false;
  let looks = 0;
  using connectivity = new InterfaceConnectivity(100, () => {
    looks += 1;
    return isOn;
  });
  const told: string[] = [];
  mock.timers.tick(1_000);
  assert.equal(looks, 0);
  connectivity.whenOnline(() => told.push('a'));
  const leave = connectivity.whenOnline(() => told.push('b'));
  connectivity.whenOnline(() => told.push('c'));
  leave();
  mock.timers.tick(300);
  assert.deepEqual([looks, told], [3, []]);
  isOn = true;
  mock.timers.tick(100);
  assert.deepEqual(told, ['a', 'c']);
  mock.timers.tick(1_000);
  assert.deepEqual([looks, told], [4, ['a', 'c']], 'nobody waits: nobody looks');
});

test('the last one to leave stops the looking', t => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  let looks = 0;
  using connectivity = new InterfaceConnectivity(100, () => {
    looks += 1;
    return false;
  });
  connectivity.whenOnline(() => {})();
  mock.timers.tick(1_000);
  assert.equal(looks, 0);
});

test('the interfaces of this machine give an answer', () => {
  using connectivity = new InterfaceConnectivity(100);
  assert.equal(typeof connectivity.isOnline(), 'boolean');
});
