// The Unix socket: who may connect, what a token opens, and what a client that talks nonsense can do to others.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import type { AgentStatus, AppRecord, TransferRecord } from '@longhaul/agent-protocol';
import { leakCheck } from '@longhaul/testing';
import { readGrant } from '../../src/launch/index.ts';
import { createHome, type Home } from '../process/home.ts';

after(leakCheck());

async function exchange(path: string, bytes: string | Buffer): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true });
  socket.on('error', () => {});
  socket.end(bytes);
  return await text(socket).catch(() => '');
}

async function registered(home: Home, id: string): Promise<string> {
  await (await home.owner()).invoke('registerApp', { id });
  return readGrant(home.paths, id)?.token as string;
}

test('another Unix user cannot connect, not even when the folders were opened to him', async t => {
  if (process.getuid?.() !== 0) return t.skip('only root can become another user');
  const home = createHome(t);
  const { socketPath } = await home.ensure();
  const request = `GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  const tryToConnect = async (user = 65534) => {
    // It becomes that user itself: another user could not even start a Node in a private folder.
    const program = `
      process.setgroups([]); process.setgid(${user}); process.setuid(${user});
      const socket = require('node:net').connect(${JSON.stringify(socketPath)});
      socket.on('error', error => console.log(error.code));
      socket.on('data', bytes => console.log(String(bytes).split('\\r')[0]));
      socket.on('close', () => console.log('closed'));
      socket.write(${JSON.stringify(request)});`;
    return (await text(spawn(process.execPath, ['-e', program], { cwd: '/' }).stdout)).trim();
  };
  assert.equal(await tryToConnect(), 'EACCES\nclosed');
  for (const folder of [dirname(home.folder), home.folder, home.paths.runtimeFolder]) chmodSync(folder, 0o755);
  assert.equal(await tryToConnect(), 'EACCES\nclosed', 'the socket itself has mode 0600');
  chmodSync(socketPath, 0o666);
  assert.match(
    await tryToConnect(),
    /^(EPIPE\n|ECONNRESET\n)?closed$/,
    'the kernel says who came: not a byte is answered',
  );
  assert.equal(await tryToConnect(0), 'HTTP/1.1 200 OK\nclosed', 'as this user the same program is answered');
});

test('without a token, with a wrong one and with one in the URL nobody gets in', async t => {
  const home = createHome(t);
  const { socketPath } = await home.ensure();
  const token = readFileSync(home.paths.ownerTokenFile, 'utf8').trim();
  await assert.rejects(home.connect(), /HTTP 401/);
  await assert.rejects(home.connect('0'.repeat(64)), /HTTP 401/);
  await assert.rejects(home.connect(`${token}0`), /HTTP 401/);
  const head = `Host: x\r\nConnection: close\r\n\r\n`;
  assert.match(
    await exchange(socketPath, `POST /agent/negotiate?access_token=${token} HTTP/1.1\r\n${head}`),
    /^HTTP\/1\.1 401 /,
  );
  assert.match(
    await exchange(socketPath, `POST /agent/negotiate HTTP/1.1\r\nAuthorization: Basic ${token}\r\n${head}`),
    /^HTTP\/1\.1 401 /,
  );
  assert.match(await exchange(socketPath, `GET / HTTP/1.1\r\n${head}`), /^HTTP\/1\.1 404 /);
  assert.match(await exchange(socketPath, `GET /healthz HTTP/1.1\r\n${head}`), /^HTTP\/1\.1 200 /);
});

test('an app sees and touches its own transfers only', async t => {
  const home = createHome(t);
  await home.ensure();
  const a = await home.connect(await registered(home, 'com.example.a'));
  const b = await home.connect(await registered(home, 'com.example.b'));
  const owner = await home.owner();
  await Promise.all([a, b, owner].map(client => client.invoke('watchTransfers')));
  const request = (name: string) => ({ id: randomUUID(), url: 'http://127.0.0.1:9/x', file: `${home.folder}/${name}` });
  const ofA = await a.invoke<TransferRecord>('createDownload', request('a'));
  const ofOwner = await owner.invoke<TransferRecord>('createDownload', request('o'));
  assert.equal(ofA.app, 'com.example.a');
  assert.equal(ofOwner.app, 'longhaul');
  for (const verb of [
    'getTransfer',
    'startTransfer',
    'pauseTransfer',
    'resumeTransfer',
    'cancelTransfer',
    'removeTransfer',
  ]) {
    await assert.rejects(b.invoke(verb, ofA.id), { code: 'not-found' }, verb);
    await assert.rejects(a.invoke(verb, ofOwner.id), { code: 'not-found' }, verb);
  }
  const ids = (records: TransferRecord[]) => records.map(record => record.id).toSorted();
  assert.deepEqual(ids(await a.invoke('listTransfers')), [ofA.id]);
  assert.deepEqual(ids(await b.invoke('listTransfers')), []);
  assert.deepEqual(ids(await owner.invoke('listTransfers')), [ofA.id, ofOwner.id].toSorted());
  const heard = (client: typeof a) => new Set(client.events.map(event => (event.args[0] as TransferRecord).id));
  assert.deepEqual([...heard(a)], [ofA.id]);
  assert.deepEqual([...heard(b)], []);
  assert.deepEqual(heard(owner), new Set([ofA.id, ofOwner.id]));
});

test('an app cannot do what is the owner`s', async t => {
  const home = createHome(t);
  await home.ensure();
  const app = await home.connect(await registered(home, 'com.example.a'));
  const calls: [string, ...unknown[]][] = [
    ['openDashboard'],
    ['registerApp', { id: 'com.example.c' }],
    ['unregisterApp', 'com.example.a'],
    ['listApps'],
    ['stopAgent'],
    ['restartAgent'],
  ];
  for (const [verb, ...args] of calls) await assert.rejects(app.invoke(verb, ...args), { code: 'access-denied' }, verb);
  assert.equal((await app.invoke<AgentStatus>('getStatus')).running, true);
});

test('unregistering an app ends its connections, its grant and its transfers, and nobody else`s', async t => {
  const home = createHome(t);
  await home.ensure();
  const token = await registered(home, 'com.example.a');
  const app = await home.connect(token);
  const owner = await home.owner();
  await app.invoke('createDownload', { id: randomUUID(), url: 'http://127.0.0.1:9/x', file: `${home.folder}/a` });
  await owner.invoke('unregisterApp', 'com.example.a');
  await app.closed;
  await assert.rejects(home.connect(token), /HTTP 401/);
  assert.equal(readGrant(home.paths, 'com.example.a'), undefined);
  assert.deepEqual(await owner.invoke('listTransfers'), []);
  assert.deepEqual(await owner.invoke('listApps'), []);
  await assert.rejects(owner.invoke('unregisterApp', 'com.example.a'), { code: 'not-found' });
});

test('registering again keeps the grant and changes the name; the command`s own id and strange ids are refused', async t => {
  const home = createHome(t);
  await home.ensure();
  const owner = await home.owner();
  const first = await owner.invoke<AppRecord>('registerApp', { id: 'com.example.a' });
  const grant = readGrant(home.paths, 'com.example.a');
  const second = await owner.invoke<AppRecord>('registerApp', { id: 'com.example.a', name: 'Player' });
  assert.deepEqual(second, { ...first, name: 'Player' });
  assert.deepEqual(readGrant(home.paths, 'com.example.a'), grant);
  await assert.rejects(owner.invoke('registerApp', { id: 'longhaul' }), { code: 'already-exists' });
  for (const id of ['../../etc/passwd', '', '.hidden', 'a/b', 'a\0b', 'x'.repeat(129), 7, null]) {
    await assert.rejects(owner.invoke('registerApp', { id }), { code: 'invalid-argument' }, String(id));
  }
  await assert.rejects(owner.invoke('registerApp', { id: 'a', extra: 1 }), { code: 'invalid-argument' });
});

test('a grant that others could have read, or that names another app, opens nothing after a restart', async t => {
  const home = createHome(t);
  await home.ensure();
  const leaked = await registered(home, 'com.example.a');
  const owner = await home.owner();
  const [record] = await owner.invoke<AppRecord[]>('listApps');
  assert.ok(record);
  chmodSync(record.grantFile, 0o644);
  const { pid } = await owner.invoke<AgentStatus>('getStatus');
  process.kill(pid, 'SIGKILL');
  await owner.closed;
  await assert.rejects(home.connect(leaked), /HTTP 401/);
  const renewed = readGrant(home.paths, 'com.example.a');
  assert.ok(renewed && renewed.token !== leaked);
  writeFileSync(record.grantFile, JSON.stringify({ app: 'com.example.b', token: renewed.token }));
  assert.throws(() => readGrant(home.paths, 'com.example.a'), { code: 'access-denied' });
});

test('wrong arguments are refused by name of the verb and the field, and the connection lives on', async t => {
  const home = createHome(t);
  await home.ensure();
  const owner = await home.owner();
  const wrong: [string, ...unknown[]][] = [
    ['getTransfer'],
    ['getTransfer', 'no uuid'],
    ['getTransfer', randomUUID(), 'more'],
    ['listTransfers', 1],
    ['createDownload', {}],
    ['createDownload', { id: randomUUID(), url: 'http://127.0.0.1:9/', file: '/x', unknown: true }],
    ['createDownload', { id: randomUUID(), url: 'http://127.0.0.1:9/', file: '/x', headers: 'no list' }],
    ['registerApp', '{"id":"a"}'],
  ];
  for (const [verb, ...args] of wrong) {
    await assert.rejects(owner.invoke(verb, ...args), { code: 'invalid-argument' }, JSON.stringify(args));
  }
  await assert.rejects(owner.invoke('constructor'));
  await assert.rejects(owner.invoke('__proto__'));
  await assert.rejects(owner.invoke('getTransfer', randomUUID()), { code: 'not-found' });
});

test('a client that talks nonsense harms nobody', async t => {
  const home = createHome(t);
  const { socketPath } = await home.ensure();
  const owner = await home.owner();
  const { pid } = await owner.invoke<AgentStatus>('getStatus');
  const nonsense = [
    randomBytes(100_000),
    '\0'.repeat(1_000),
    'GET',
    `GET /agent HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'CONNECT evil:443 HTTP/1.1\r\nHost: evil\r\n\r\n',
    'GET /agent HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    'GET /agent HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'POST /agent/negotiate HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ];
  for (const bytes of nonsense) await exchange(socketPath, bytes);
  for (const data of [
    'no json\x1e',
    '{"type":1}\x1e',
    '\x1e\x1e\x1e',
    '[]\x1e',
    `{"type":1,"target":"x","arguments":${'['.repeat(5_000)}\x1e`,
  ]) {
    const client = await home.owner();
    client.sendRaw(data);
    client.sendRaw(randomBytes(50));
    client.close();
  }
  const huge = await home.owner();
  huge.sendRaw(`{"type":1,"target":"listTransfers","arguments":["${'x'.repeat(2_000_000)}"]}\x1e`);
  await huge.closed;
  assert.equal((await owner.invoke<AgentStatus>('getStatus')).pid, pid, 'the same agent, the same connection');
});
