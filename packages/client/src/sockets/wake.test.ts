import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { TLSSocket, Server as TlsServer } from 'node:tls';
import { enableTransferOwnership } from './enable-transfer-ownership.ts';
import { SocketActivityTrigger } from './socket-activity-trigger.ts';
import { canNetworkWake } from './wake.ts';

const taskId = 'b6d3f4a5-5f0f-4c0e-9a5b-0d8f2a1c7e11';

test('the network can wake a machine when one of its devices is set up to (SB-07)', t => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lh-wake-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const device = (name: string, wakeup?: string) => {
    mkdirSync(path.join(folder, name, 'device/power'), { recursive: true });
    if (wakeup !== undefined) writeFileSync(path.join(folder, name, 'device/power/wakeup'), wakeup);
  };
  assert.equal(canNetworkWake(path.join(folder, 'nowhere')), false);
  assert.equal(canNetworkWake(folder), false);
  device('lo');
  device('eth0', 'disabled\n');
  device('eth1', '\n');
  assert.equal(canNetworkWake(folder), false);
  device('eth2', 'enabled\n');
  assert.equal(canNetworkWake(folder), true);
});

test('asking for a wake is granted or refused as this machine says, and without one it works anyway (SB-10, SB-11)', () => {
  const socket = new Socket();
  const ask = () => enableTransferOwnership(socket, { taskId, wake: 'wake' });
  if (SocketActivityTrigger.isWakeFromLowPowerSupported) ask();
  else assert.throws(ask, { code: 'wake-unsupported' });
  enableTransferOwnership(socket, { taskId, wake: 'do-not-wake' });
  enableTransferOwnership(socket, { taskId });
});

test('what cannot be enabled is refused by name', () => {
  assert.throws(() => enableTransferOwnership(new TLSSocket(new Socket()), { taskId }), { code: 'tls-socket' });
  assert.throws(() => enableTransferOwnership(new TlsServer(), { taskId }), { code: 'tls-socket' });
  for (const nothing of [undefined, null, {}, 7, 'socket']) {
    assert.throws(() => enableTransferOwnership(nothing as unknown as Socket, { taskId }), {
      code: 'invalid-argument',
    });
  }
  const wrong = { code: 'invalid-argument' };
  assert.throws(() => enableTransferOwnership({} as never, { taskId }), wrong);
  assert.throws(() => enableTransferOwnership(new Socket(), { taskId: 'mine' }), wrong);
  assert.throws(() => enableTransferOwnership(new Socket(), { taskId, wake: 'perhaps' as never }), wrong);
});
