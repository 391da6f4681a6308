// The keeper's doors with real sockets: what waits, for how long, how many, and that nothing on its way is lost.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { leakCheck, waitFor } from '@longhaul/testing';
import { Doors } from '../../src/keeper/doors.ts';

after(leakCheck());

async function openDoors(t: TestContext, limits: { maxHeldConnections: number; holdMs: number }) {
  const folder = mkdtempSync(join(tmpdir(), 'lh-doors-'));
  const path = join(folder, 's');
  const doors = new Doors(limits);
  const clients: Socket[] = [];
  t.after(() => {
    for (const client of clients) client.destroy();
    doors[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  });
  await doors.openSocket(path);
  const dial = (count: number) => {
    const dialed = Array.from({ length: count }, () =>
      connect(path)
        .on('error', () => {})
        .resume(),
    );
    clients.push(...dialed);
    return dialed;
  };
  return { doors, path, dial };
}

const isOver = (socket: Socket): boolean => socket.destroyed || socket.readableEnded;

test('as many connections wait as are allowed, one more is closed', async t => {
  const { dial } = await openDoors(t, { maxHeldConnections: 3, holdMs: 60_000 });
  const clients = dial(5);
  await waitFor('two to be closed', () => clients.filter(isOver).length === 2);
});

test('a connection that waited too long is closed, also one that came later in its turn', async t => {
  const { dial } = await openDoors(t, { maxHeldConnections: 10, holdMs: 50 });
  const early = dial(2);
  await waitFor('the early ones to be closed', () => early.every(isOver));
  const late = dial(1);
  await waitFor('the late one to be closed', () => late.every(isOver));
});

test('while no agent can be had those who wait and those who come are told why, until one serves', async t => {
  const { doors, path, dial } = await openDoors(t, { maxHeldConnections: 10, holdMs: 60_000 });
  const said: string[] = [];
  const hear = (client: Socket) => {
    let text = '';
    client
      .setEncoding('utf8')
      .on('data', part => (text += part))
      .on('end', () => said.push(text));
    client.write('GET /agent HTTP/1.1\r\n\r\n');
  };
  hear(dial(1)[0]!);
  doors.refuse({ code: 'disk-full', message: 'there is no room: '.padEnd(5_000, 'x') });
  await waitFor('who waited to be told', () => said.length === 1);
  hear(connect(path));
  await waitFor('who came to be told', () => said.length === 2);
  for (const text of said) {
    const [head = '', body = ''] = text.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 503 /);
    assert.match(head, new RegExp(`content-length: ${body.length}`));
    assert.ok(text.length < 1_024);
    const { code, message } = JSON.parse(body) as { code: string; message: string };
    assert.deepEqual([code, message.startsWith('there is no room: xxx')], ['disk-full', true]);
  }
  const passed: Socket[] = [];
  doors.serveTo((_, socket) => passed.push(socket));
  dial(1);
  await waitFor('the next to be passed', () => passed.length === 1);
});

test('of those who are told why, only so many stay, and none for long, however slowly they speak', async t => {
  const { doors, path } = await openDoors(t, { maxHeldConnections: 3, holdMs: 60_000 });
  doors.refuse({ code: 'disk-full', message: 'there is no room' });
  let told = 0;
  let closed = 0;
  const dripping = Array.from({ length: 5 }, () =>
    connect({ path, allowHalfOpen: true })
      .on('error', () => {})
      .once('data', () => (told += 1))
      .once('close', () => (closed += 1)),
  );
  const drops = setInterval(() => {
    for (const client of dripping) client.write('x');
  }, 50);
  t.after(() => {
    clearInterval(drops);
    for (const client of dripping) client.destroy();
  });
  await waitFor('two to be closed at once', () => told === 3 && closed === 2);
  await waitFor('the rest to be closed in time', () => closed === 5);
  let isTold = false;
  connect(path)
    .on('error', () => {})
    .once('data', () => (isTold = true));
  await waitFor('the next to be told', () => isTold);
});

test('one at a time is on its way, and what an agent took to its grave unread goes to the next', async t => {
  const { doors, dial } = await openDoors(t, { maxHeldConnections: 10, holdMs: 60_000 });
  const seen: Socket[][] = [[], []];
  const clients = dial(3);
  doors.serveTo((_, socket) => seen[0]?.push(socket));
  await waitFor('the first to be passed', () => seen[0]?.length === 1);
  doors.taken();
  await waitFor('the second to be passed', () => seen[0]?.length === 2);
  doors.hold(); // it died with the second
  doors.serveTo((_, socket) => seen[1]?.push(socket));
  assert.deepEqual(seen[1], [seen[0]?.[1]]);
  doors.taken();
  await waitFor('the third to be passed', () => seen[1]?.length === 2);
  doors.taken();
  // Nobody else has a duplicate in this test: what was taken is closed here.
  await waitFor('all to be closed', () => clients.every(isOver));
});

test('closing the doors takes the socket file away and ends who waited', async t => {
  const { doors, dial, path } = await openDoors(t, { maxHeldConnections: 10, holdMs: 60_000 });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const clients = dial(2);
  await waitFor('both to be connected', () => clients.every(client => client.readyState === 'open'));
  await new Promise(resolve => setImmediate(resolve));
  doors[Symbol.dispose]();
  await waitFor('both to be closed', () => clients.every(isOver));
  assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
});

test('the loopback port is opened once and keeps its number', async t => {
  const { doors } = await openDoors(t, { maxHeldConnections: 10, holdMs: 60_000 });
  assert.equal(doors.loopbackPort, null);
  const port = await doors.openLoopback();
  assert.equal(await doors.openLoopback(), port);
  assert.equal(doors.loopbackPort, port);
});
