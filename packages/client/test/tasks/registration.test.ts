// An app declares its tasks by its manifest and registers them, through a real agent.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  type AppManifest,
  BackgroundTaskBuilder,
  BackgroundTaskRegistration,
  SocketActivityTrigger,
} from '@longhaul/client';
import { AgentHome } from '../agent-home.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new AgentHome());
const app = 'com.example.tasks';
const manifest: AppManifest = {
  id: app,
  name: 'Tasks',
  tasks: [{ entryPoint: './background.mjs#run', triggers: ['socket-activity'] }],
};
writeFileSync(home.file('longhaul.json'), JSON.stringify(manifest));
writeFileSync(home.file('background.mjs'), 'export function run() {}');

test('a manifest is registered from its file, and again when it says something new; left out, it is kept (TI-03)', async () => {
  await using owner = await home.connect();
  const record = async () => (await owner.listApps()).find(({ id }) => id === app);
  await using _first = await home.connect({ app, manifest: home.file('longhaul.json') });
  const registered = await record();
  assert.deepEqual(
    [registered?.name, registered?.folder, registered?.tasks],
    ['Tasks', dirname(home.file('x')), manifest.tasks],
  );
  await using _same = await home.connect({ manifest: pathToFileURL(home.file('longhaul.json')) });
  assert.deepEqual(await record(), registered);
  await using _without = await home.connect({ app });
  assert.deepEqual(await record(), registered);
  await using _other = await home.connect({ app, manifest: { id: app, tasks: [] } });
  assert.deepEqual(await record(), { ...registered, tasks: [] });
  await using _again = await home.connect({ manifest: { ...manifest, name: 'Other' } });
  assert.deepEqual(await record(), { ...registered, name: 'Other' });
});

test('a manifest that cannot be one is refused before anything is registered', async () => {
  const refused = (wanted: RegExp) => (error: { code?: string; message: string }) =>
    error.code === 'invalid-argument' && wanted.test(error.message);
  await assert.rejects(home.connect({ manifest: home.file('none.json') }), refused(/none\.json cannot be read/));
  await assert.rejects(home.connect({ app: 'com.example.x', manifest }), refused(/is of "com\.example\.tasks"/));
  const wrong = { id: app, tasks: [{ entryPoint: 'no export', triggers: ['socket-activity'] }] } as AppManifest;
  await assert.rejects(home.connect({ manifest: wrong }), refused(/tasks\.0\.entryPoint: not an entry point/));
  const nowhere = { ...manifest, id: 'com.example.nowhere' };
  await assert.rejects(home.connect({ manifest: nowhere }), refused(/no "folder" they are in/));
});

test('an app registers tasks, finds them again by name, and unregisters them (TI-01, TI-16, SB-08)', async () => {
  await using agent = await home.connect({ manifest: home.file('longhaul.json') });
  const registerOnce = async (name: string) => {
    const known = [...(await BackgroundTaskRegistration.allTasks(agent)).values()].find(task => task.name === name);
    if (known !== undefined) return known;
    const builder = new BackgroundTaskBuilder(agent);
    builder.name = name;
    builder.taskEntryPoint = './background.mjs#run';
    return await builder.setTrigger(new SocketActivityTrigger()).register();
  };
  const task = await registerOnce('mail');
  assert.deepEqual(
    [task.name, task.taskEntryPoint, task.trigger],
    ['mail', './background.mjs#run', { type: 'socket-activity' }],
  );
  assert.equal((await registerOnce('mail')).taskId, task.taskId);
  assert.deepEqual(await task.runs(), []);

  const builder = new BackgroundTaskBuilder(agent);
  await assert.rejects(builder.register(), { code: 'invalid-argument', message: 'a task has a name' });
  builder.name = 'mail';
  await assert.rejects(builder.register(), { code: 'invalid-argument' });
  builder.taskEntryPoint = './undeclared.mjs#run';
  await assert.rejects(builder.register(), /no trigger/);
  await assert.rejects(builder.setTrigger(new SocketActivityTrigger()).register(), { code: 'task-not-declared' });

  await using owner = await home.connect();
  await assert.rejects(new BackgroundTaskBuilder(owner).setTrigger({ type: 'socket-activity' }).register(), {
    code: 'invalid-argument',
  });
  await assert.rejects(
    owner.tasks.register({ name: 'x', entryPoint: './background.mjs#run', trigger: { type: 'socket-activity' } }),
    { code: 'access-denied' },
  );
  await owner.restart();
  assert.deepEqual(
    [...(await BackgroundTaskRegistration.allTasks(agent)).keys()],
    [task.taskId],
    'it survives its agent',
  );
  await task.unregister(true);
  await assert.rejects(task.unregister(true), { code: 'not-found' });
  assert.deepEqual([...(await BackgroundTaskRegistration.allTasks(agent)).keys()], []);
});

test('an app alone cannot declare code: its grant registers no manifest', async () => {
  await using agent = await home.connect({ app });
  await assert.rejects(agent.registerApp({ ...manifest, folder: '/' }), { code: 'access-denied' });
});
