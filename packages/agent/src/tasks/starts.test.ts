import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SeatedHost } from './hosts.ts';
import type { RunRow } from './runs-table.ts';
import { Starts, type StartsOptions } from './starts.ts';

/** A module of this workspace: it finds the SDK. */
const module = join(import.meta.dirname, 'starts.test.ts');
const row = { id: 'one', app: 'a', entryPoint: `${module}#run`, trigger: { type: 'socket-activity' } } as RunRow;
const manifest = { folder: null, tasks: [{ entryPoint: row.entryPoint, triggers: ['socket-activity' as const] }] };
const host = {} as SeatedHost;

function startsWith(happened: unknown[]): Starts {
  const never = () => assert.fail('it has no host');
  const options: StartsOptions = {
    ledger: { apply: never },
    hosts: { start: () => host },
    seats: { has: never, release: released => void happened.push('released', released === host) },
    seat: never,
    renewal: {
      isCurrent: () => {
        throw new Error('its code cannot be looked at');
      },
    },
    endings: { leave: never, over: (_, event) => void happened.push(event.name) as unknown as RunRow },
    broker: { lend: never },
    manifestOf: () => manifest,
    now: () => 0,
    rest: never,
  };
  return new Starts(options);
}

test('a host that was started for a run which fails at once is let go, so that it ends when nobody else needs it', () => {
  const happened: unknown[] = [];
  startsWith(happened).start(row, undefined);
  assert.deepEqual(happened, ['released', true, 'fail']);
});
