// How many run at the same time, set while they run: more start at once, those that run are never stopped, and it is kept.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TransferRecord } from '@longhaul/agent-protocol';
import { leakCheck } from '@longhaul/testing';
import { bodyOf, Origin, serveStart } from './origin.ts';
import { owner, Room } from './room.ts';

const body = bodyOf('held', 100_000);
const limits = { stallTimeoutMs: 60_000 };

describe('the limit of active transfers', () => {
  let origin: Origin;
  const leaks = leakCheck();
  before(async () => {
    // Never ends: whoever runs goes on running.
    origin = await Origin.listen((_, socket) => serveStart(socket, body, 10_000));
  });
  after(async () => {
    await origin[Symbol.asyncDispose]();
    await leaks();
  });

  const isRunning = ({ status }: TransferRecord) => status === 'running';
  const runningIn = (room: Room) => room.transfers.list(owner).filter(isRunning).length;
  /** One after the other, so that they stand in line in this order. */
  async function createMany(room: Room, count: number): Promise<string[]> {
    const ids: string[] = [];
    while (ids.length < count)
      ids.push((await room.create(origin.url(), { file: room.path(`file-${ids.length}`) })).id);
    return ids;
  }

  test('raised, those in line start at once; lowered, nobody is stopped and nobody follows until enough have ended', async () => {
    await using room = await Room.open({ limits });
    await room.transfers.setLimits({ maxActive: 1 });
    const ids = await createMany(room, 4);
    await room.when(ids[0]!, isRunning);
    assert.equal(runningIn(room), 1);
    await room.transfers.setLimits({ maxActive: 3 });
    await Promise.all(ids.slice(0, 3).map(id => room.when(id, isRunning)));
    await room.transfers.setLimits({ maxActive: 2 });
    assert.equal(runningIn(room), 3);
    await room.transfers.cancel(owner, ids[0]!);
    assert.equal(room.get(ids[3]!).status, 'idle', 'two still run');
    await room.transfers.cancel(owner, ids[1]!);
    await room.when(ids[3]!, isRunning);
  });

  test('it is durable, told to watchers, and leaves the rate as it is', async () => {
    await using room = await Room.open({ limits });
    await room.transfers.setLimits({ maxBytesPerSecond: 1_048_576 });
    const set = { maxBytesPerSecond: 1_048_576, maxActive: 2 };
    assert.deepEqual(await room.transfers.setLimits({ maxActive: 2 }), set);
    assert.deepEqual(room.facts.at(-1), { type: 'limits', limits: set });
    const ids = await createMany(room, 3);
    await room.reopen();
    assert.deepEqual(room.transfers.limits, set);
    await Promise.all(ids.slice(0, 2).map(id => room.when(id, isRunning)));
    assert.equal(room.get(ids[2]!).status, 'idle');
  });
});
