import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransferStatus } from '@longhaul/agent-protocol';
import { transferRecord } from '../../test/fixtures/transfer-records.ts';
import { allowedActions } from './transfer-actions.ts';

const actions = (status: TransferStatus, isStarted = true) =>
  allowedActions(transferRecord({ status, isStarted })).join(' ');

test('only what the status allows has a button (section 3.5, BT-52, BT-54, BT-55)', () => {
  assert.equal(actions('running'), 'pause cancel');
  assert.equal(actions('idle'), 'pause cancel');
  assert.equal(actions('idle', false), 'cancel');
  assert.equal(actions('paused-no-network'), 'pause cancel');
  assert.equal(actions('paused-costed-network'), 'pause cancel');
  assert.equal(actions('paused-system-policy'), 'resume pause cancel');
  assert.equal(actions('paused-by-application'), 'resume cancel');
  assert.equal(actions('paused-recoverable-web-error'), 'resume cancel');
  assert.equal(actions('completed'), 'remove');
  for (const status of ['canceled', 'error'] as const) assert.equal(actions(status), 'retry remove');
});
