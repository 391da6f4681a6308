// The verbs of the door at every status, in every scope, across closing and opening again.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { link } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type { ParsedCreateDownloadRequest } from '@longhaul/agent-protocol';
import type { Connectivity } from '../../src/network/connectivity.ts';
import { answer, bodyOf, type Handler, Origin, serveFile, serveStart } from './origin.ts';
import { owner, Room, sha256 } from './room.ts';

const body = bodyOf('verbs', 900_000);
const half = 400_000;

/** `/file` at once; `/held` stops half way until its connection is cut, and continues by range. */
const handler: Handler = (request, socket) => {
  if (request.path === '/nowhere') return answer(socket, 404, {});
  if (request.path === '/held' && !request.headers.has('range')) serveStart(socket, body, half);
  else serveFile(request, socket, body);
};

describe('verbs', () => {
  const origin = Origin.ofSuite(handler);

  const open = Room.openPatient;
  /** A download that has received `half` and waits for more. */
  const held = (room: Room, more: Partial<ParsedCreateDownloadRequest> = {}) =>
    room.underWay(origin.url('/held'), half, more);
  const statusOf = (room: Room, id: string) => room.get(id).status;
  const illegal = { code: 'illegal-state' };

  test('created, it does nothing until it is started; started twice is a mistake', async () => {
    await using room = await open();
    const created = await room.create(origin.url(), { start: false });
    assert.deepEqual([created.status, created.isStarted, created.startedAt], ['idle', false, null]);
    await room.reopen();
    assert.equal(room.get(created.id).isStarted, false);
    const started = await room.transfers.start(owner, created.id);
    assert.equal(started.isStarted, true);
    await assert.rejects(room.transfers.start(owner, created.id), illegal);
    await room.ended(created.id);
    assert.equal(sha256(room.read('file.bin')), sha256(body));
  });

  test('asking again with the same id makes nothing twice; another request under that id is refused', async () => {
    await using room = await open();
    const request = room.request(origin.url(), { start: false });
    const [one, two] = await Promise.all([
      room.transfers.create('longhaul', request),
      room.transfers.create('longhaul', request),
    ]);
    assert.equal(one.id, two.id);
    assert.equal(room.transfers.list(owner).length, 1);
    const taken = { code: 'already-exists' };
    await assert.rejects(room.transfers.create('longhaul', { ...request, url: origin.url('/other') }), taken);
    await assert.rejects(room.transfers.create('another.app', request), taken);
    const started = await room.transfers.create('longhaul', { ...request, start: true });
    assert.equal(started.isStarted, true, 'asking again may also start it');
    await room.ended(one.id);
    assert.equal((await room.transfers.create('longhaul', { ...request, start: true })).status, 'completed');
  });

  test('paused is durable: after closing and opening it is still paused, and goes on where it was', async () => {
    await using room = await open();
    const id = await held(room);
    const paused = await room.transfers.pause(owner, id);
    assert.deepEqual([paused.status, paused.bytesReceived], ['paused-by-application', half]);
    await assert.rejects(room.transfers.pause(owner, id), illegal);
    await assert.rejects(room.transfers.start(owner, id), illegal);
    await room.reopen();
    assert.deepEqual([statusOf(room, id), room.get(id).bytesReceived], ['paused-by-application', half]);
    await room.transfers.resume(owner, id);
    const record = await room.when(id, ({ status }) => status === 'completed');
    assert.equal(record.hasRestarted, false);
    assert.equal(origin.requests.at(-1)?.headers.get('range'), `bytes=${half}-`);
    assert.equal(sha256(room.read('file.bin')), sha256(body));
  });

  test('pause and resume where they mean nothing are refused', async () => {
    await using room = await open();
    const created = await room.create(origin.url(), { start: false });
    await assert.rejects(room.transfers.pause(owner, created.id), illegal);
    await assert.rejects(room.transfers.resume(owner, created.id), illegal);
    await room.transfers.start(owner, created.id);
    await room.ended(created.id);
    for (const verb of ['start', 'pause', 'resume', 'cancel'] as const) {
      await assert.rejects(room.transfers[verb](owner, created.id), illegal, verb);
    }
  });

  test('in line for a slot: it can be paused, resumed and canceled without having run', async () => {
    await using room = await open({ limits: { maxActive: 1 } });
    const running = await held(room);
    const waiting = await room.create(origin.url(), { file: room.path('second') });
    assert.deepEqual([waiting.status, waiting.isStarted], ['idle', true]);
    assert.equal((await room.transfers.pause(owner, waiting.id)).status, 'paused-by-application');
    assert.equal((await room.transfers.resume(owner, waiting.id)).status, 'idle');
    assert.equal((await room.transfers.cancel(owner, waiting.id)).status, 'canceled');
    const third = await room.create(origin.url(), { file: room.path('third') });
    await room.transfers.cancel(owner, running);
    await room.when(third.id, ({ status }) => status === 'completed');
    assert.deepEqual(room.names, ['third']);
  });

  test('cancel at every status deletes the part file and is durable; again is a no-op (BT-52)', async () => {
    await using room = await open();
    const created = (await room.create(origin.url(), { start: false, file: room.path('a') })).id;
    const running = await held(room, { file: room.path('b') });
    const paused = await held(room, { file: room.path('c') });
    await room.transfers.pause(owner, paused);
    assert.equal(room.names.length, 2, 'two part files');
    for (const id of [created, running, paused]) {
      const record = await room.transfers.cancel(owner, id);
      assert.equal(record.status, 'canceled');
      assert.ok(record.finishedAt !== null);
      assert.deepEqual(await room.transfers.cancel(owner, id), record);
    }
    assert.deepEqual(room.names, []);
    await room.reopen();
    assert.deepEqual(
      room.transfers.list(owner).map(record => record.status),
      ['canceled', 'canceled', 'canceled'],
    );
  });

  test('too late: while the file gets its name, cancel answers with the completed record and pause is refused', async () => {
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    await using room = await open({
      linkFile: async (existing, name) => {
        reached.resolve();
        await gate.promise;
        await link(existing, name);
      },
    });
    const { id } = await room.create(origin.url());
    await reached.promise;
    const verdict = Promise.allSettled([room.transfers.cancel(owner, id), room.transfers.pause(owner, id)]);
    gate.resolve();
    const [canceled, paused] = await verdict;
    assert.equal(canceled.status === 'fulfilled' && canceled.value.status, 'completed');
    assert.equal(paused.status === 'rejected' && paused.reason.code, 'illegal-state');
    assert.equal(sha256(room.read('file.bin')), sha256(body));
  });

  test('remove at every status leaves neither record nor part file; a completed file stays', async () => {
    await using room = await open();
    const created = (await room.create(origin.url(), { start: false, file: room.path('a') })).id;
    const running = await held(room, { file: room.path('b') });
    const paused = await held(room, { file: room.path('c') });
    await room.transfers.pause(owner, paused);
    const completed = await room.download(origin.url(), { file: room.path('d') });
    const failed = await room.download(origin.url('/nowhere'), { file: room.path('e') });
    assert.equal(failed.status, 'error');
    for (const id of [created, running, paused, completed.id, failed.id]) {
      await room.transfers.remove(owner, id);
      assert.throws(() => room.get(id), { code: 'not-found' });
      await assert.rejects(room.transfers.remove(owner, id), { code: 'not-found' });
    }
    assert.deepEqual(room.names, ['d']);
    assert.deepEqual(room.transfers.list(owner), []);
    assert.equal(room.facts.filter(fact => fact.type === 'removed').length, 5);
  });

  test('what belongs to another app does not exist; owner and browser see everything, oldest first', async () => {
    await using room = await open();
    const mine = await room.transfers.create(
      'com.example.a',
      room.request(origin.url(), { start: false, file: room.path('a') }),
    );
    const theirs = await room.transfers.create(
      'com.example.b',
      room.request(origin.url(), { start: false, file: room.path('b') }),
    );
    const scope = { role: 'app', app: 'com.example.a' } as const;
    assert.deepEqual(
      room.transfers.list(scope).map(record => record.id),
      [mine.id],
    );
    assert.equal(room.transfers.get(scope, mine.id).app, 'com.example.a');
    assert.throws(() => room.transfers.get(scope, theirs.id), { code: 'not-found' });
    for (const verb of ['start', 'pause', 'resume', 'cancel', 'remove'] as const) {
      await assert.rejects(room.transfers[verb](scope, theirs.id), { code: 'not-found' }, verb);
    }
    for (const role of ['owner', 'browser'] as const) {
      assert.deepEqual(
        room.transfers.list({ role }).map(record => record.id),
        [mine.id, theirs.id],
      );
    }
    await room.transfers.removeApp('com.example.a');
    assert.deepEqual(
      room.transfers.list(owner).map(record => record.id),
      [theirs.id],
    );
  });

  test('an app has a bounded number of unfinished transfers, the command far more (BT-09)', async () => {
    await using room = await open({ limits: { maxUnfinishedPerApp: 2, maxRecordsPerApp: 3 } });
    const create = (app: string, name: string, start = false) =>
      room.transfers.create(app, room.request(origin.url(), { start, file: room.path(name) }));
    const results = await Promise.allSettled(['a', 'b', 'c'].map(name => create('com.example', name)));
    assert.deepEqual(results.map(result => result.status).sort(), ['fulfilled', 'fulfilled', 'rejected']);
    await room.reopen();
    const full = { code: 'quota-exceeded' };
    await assert.rejects(create('com.example', 'd'), full);
    await Promise.all(['e', 'f', 'g'].map(name => create('longhaul', name)));
    const [first] = room.transfers.list({ role: 'app', app: 'com.example' });
    await room.transfers.cancel(owner, first!.id);
    await create('com.example', 'h');
    const last = room.transfers.list({ role: 'app', app: 'com.example' }).at(-1);
    await room.transfers.cancel(owner, last!.id);
    await assert.rejects(create('com.example', 'i'), full, 'records are bounded too');
    await room.transfers.remove(owner, last!.id);
    await create('com.example', 'i');
  });

  test('bad requests have their codes and leave nothing', async () => {
    await using room = await open();
    const bad: [Partial<ParsedCreateDownloadRequest>, string][] = [
      [{ url: 'not a url' }, 'invalid-url'],
      [{ url: '/relative' }, 'invalid-url'],
      [{ url: 'file:///etc/passwd' }, 'unsupported-scheme'],
      [{ url: 'ftp://127.0.0.1/x' }, 'unsupported-scheme'],
      [{ headers: [['X-Bad', 'a\r\nSet-Cookie: b']] }, 'invalid-header'],
      [{ headers: [['Bad Name', 'a']] }, 'invalid-header'],
      [{ headers: [['Host', 'elsewhere']] }, 'invalid-header'],
      [{ headers: [['Range', 'bytes=0-1']] }, 'invalid-header'],
      [
        { headers: Array.from({ length: 64 }, (_, i) => [`X-${i}`, 'v'.repeat(2_000)] as [string, string]) },
        'invalid-header',
      ],
    ];
    for (const [more, code] of bad)
      await assert.rejects(room.create(origin.url(), more), { code }, JSON.stringify(more).slice(0, 80));
    assert.deepEqual(room.transfers.list(owner), []);
    assert.deepEqual(room.names, []);
  });

  test('headers given twice for one name are joined on the wire (BT-35)', async () => {
    await using room = await open();
    await room.download(origin.url(), {
      headers: [
        ['Accept', 'a/b'],
        ['X-One', '1'],
        ['accept', 'c/d'],
      ],
    });
    const { headers } = origin.requests.at(-1)!;
    assert.deepEqual([headers.get('accept'), headers.get('x-one')], ['a/b, c/d', '1']);
  });

  test('closing checkpoints what runs; opening goes on from there, and the queue behind it too', async () => {
    await using room = await open({ limits: { maxActive: 1 } });
    const first = await held(room);
    const others = await Promise.all(['b', 'c', 'd'].map(name => room.create(origin.url(), { file: room.path(name) })));
    await room.reopen();
    for (const id of [first, ...others.map(record => record.id)]) {
      const record = await room.when(id, ({ status }) => status === 'completed');
      assert.equal(record.hasRestarted, false);
    }
    for (const name of ['file.bin', 'b', 'c', 'd']) assert.equal(sha256(room.read(name)), sha256(body), name);
  });

  test('a closed room takes no more calls', async () => {
    await using room = await open();
    const { transfers } = room;
    await room.close();
    const gone = { code: 'agent-not-reachable' };
    await assert.rejects(transfers.create('longhaul', room.request(origin.url())), gone);
    assert.throws(() => transfers.list(owner), gone);
    await assert.rejects(transfers.pause(owner, randomUUID()), gone);
  });

  test('facts of one transfer have growing revisions, and the last one is the last state', async () => {
    await using room = await open();
    const id = await held(room);
    await room.transfers.pause(owner, id);
    await room.transfers.resume(owner, id);
    const record = await room.when(id, ({ status }) => status === 'completed');
    const revisions = room.facts.flatMap(fact => (fact.type === 'changed' ? [fact.record.revision] : []));
    assert.deepEqual(
      revisions,
      [...new Set(revisions)].sort((a, b) => a - b),
    );
    assert.deepEqual(room.facts.at(-1), { type: 'changed', record });
    assert.deepEqual(room.get(id), record);
  });
});

describe('without a network', () => {
  class Switch implements Connectivity {
    isOn = false;
    readonly #waiting = new Set<() => void>();
    isOnline(): boolean {
      return this.isOn;
    }
    whenOnline(online: () => void): () => void {
      this.#waiting.add(online);
      return () => void this.#waiting.delete(online);
    }
    turnOn(): void {
      this.isOn = true;
      for (const online of [...this.#waiting]) {
        this.#waiting.delete(online);
        online();
      }
    }
    [Symbol.dispose](): void {}
  }

  test('a transfer to elsewhere waits, also over a restart, and goes on by itself; loopback never waits', async () => {
    await using origin = await Origin.listen(handler);
    const connectivity = new Switch();
    await using room = await Room.open({ connectivity });
    // 0.0.0.0 reaches this machine, and is no loopback address.
    const elsewhere = await room.create(origin.url('/file', '0.0.0.0'), { file: room.path('a') });
    await room.when(elsewhere.id, ({ status }) => status === 'paused-no-network');
    assert.equal((await room.download(origin.url(), { file: room.path('b') })).status, 'completed');
    assert.equal((await room.download(origin.url('/file', 'localhost'), { file: room.path('c') })).status, 'completed');
    await room.reopen();
    assert.equal(room.get(elsewhere.id).status, 'paused-no-network');
    connectivity.turnOn();
    const record = await room.when(elsewhere.id, ({ status }) => status === 'completed');
    assert.equal(sha256(room.read('a')), sha256(body));
    assert.equal(record.failedAttempts, 0);
  });

  test('an attempt that fails on the way while the network is gone burns no retry (BT-133)', async () => {
    await using origin = await Origin.listen(handler);
    const gone = origin.url('/file', '0.0.0.0');
    const connectivity = new Switch();
    connectivity.isOn = true;
    await using room = await Room.open({
      connectivity,
      makeSource: () => ({
        open: async () => {
          connectivity.isOn = false;
          throw Object.assign(new Error('network is unreachable'), { code: 'ENETUNREACH' });
        },
        [Symbol.dispose]() {},
      }),
    });
    const record = await room.download(gone);
    assert.deepEqual([record.status, record.failedAttempts], ['paused-no-network', 0]);
    assert.equal(record.error?.webErrorStatus, 'server-unreachable');
    assert.equal((await room.transfers.cancel(owner, record.id)).status, 'canceled');
  });
});
