// localSettings against a real agent (SB-45, TI-41): what one process of an app has set, every other one finds.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectAgent, type ErrorCode, type LonghaulError, localSettings } from '@longhaul/client';
import { AgentHome } from '../agent-home.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new AgentHome());
const app = 'com.example.settings';
const agent = left.use(await home.connect({ app }));
const settings = localSettings(agent);

const rejects = (code: ErrorCode, promise: Promise<unknown>) =>
  assert.rejects(promise, (error: LonghaulError) => {
    assert.equal(error.code, code, `${error}`);
    return true;
  });

test('what is set is there for every process of the app, and survives the death of the agent (SB-45)', async () => {
  await settings.set('host', 'example.com');
  await settings.set('port', 7);
  await settings.set('tree', { a: [1, null, 'x'], '': true });
  process.kill((await agent.getStatus()).pid, 'SIGKILL');
  await using other = await home.connect({ app });
  assert.deepEqual(
    [...(await localSettings(other).entries())],
    [
      ['host', 'example.com'],
      ['port', 7],
      ['tree', { a: [1, null, 'x'], '': true }],
    ],
  );
  assert.equal(await settings.get('port'), 7);
  assert.equal(await settings.get('nothing'), undefined);
});

test('setting again replaces, deleting takes away, and deleting twice is no error', async () => {
  await settings.set('mode', null);
  assert.equal(await settings.get('mode'), null);
  await settings.set('mode', 'fast');
  assert.equal(await settings.get('mode'), 'fast');
  await settings.delete('mode');
  await settings.delete('mode');
  assert.equal(await settings.get('mode'), undefined);
});

test('keys are keys, whatever JavaScript makes of them', async () => {
  await settings.set('__proto__', 'a key');
  await settings.set('constructor', 'another');
  assert.equal(await settings.get('__proto__'), 'a key');
  assert.equal(await settings.get('constructor'), 'another');
  assert.equal(await settings.get('toString'), undefined);
});

test("another app's settings are not there; they go with their app", async () => {
  const id = 'com.example.brief';
  {
    await using brief = await home.connect({ app: id });
    assert.equal((await localSettings(brief).entries()).size, 0);
    await localSettings(brief).set('host', 'elsewhere');
  }
  assert.equal(await settings.get('host'), 'example.com');
  await using owner = await home.connect();
  await owner.unregisterApp(id);
  await using again = await home.connect({ app: id });
  assert.equal((await localSettings(again).entries()).size, 0);
});

test('limits: 1,024 settings of 8 KiB; a value that is no JSON, a key that is none', async () => {
  await using full = await home.connect({ app: 'com.example.full' });
  const many = localSettings(full);
  await many.set('0', 'x'.repeat(8_190));
  await rejects('invalid-argument', many.set('0', 'x'.repeat(8_191)));
  await rejects('invalid-argument', many.set('', 1));
  await rejects('invalid-argument', many.set('k'.repeat(256), 1));
  await rejects('invalid-argument', many.get(7 as never));
  await rejects(
    'invalid-argument',
    many.set('f', () => {}),
  );
  await rejects('invalid-argument', full.settings.set('0', 'x'.repeat(8_191))); // the agent itself
  for (let from = 1; from < 1_024; from += 64) {
    const batch = Array.from({ length: Math.min(64, 1_024 - from) }, (_, index) => many.set(`${from + index}`, index));
    await Promise.all(batch);
  }
  await rejects('quota-exceeded', many.set('one too many', 1));
  await many.set('7', 'a known one can still change');
  assert.equal((await many.entries()).size, 1_024);
});

test('the owner has none, and an app that is nobody is told so', async () => {
  await using owner = await connectAgent({ env: home.env });
  assert.throws(() => localSettings(owner), { code: 'access-denied' });
  await rejects('access-denied', owner.settings.getAll());
});
