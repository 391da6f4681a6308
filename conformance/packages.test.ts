// What npm ships, as a stranger gets it: every package is packed, the tarballs are installed in an empty folder, and there
// the examples of the packages run on `dist` alone (DESIGN decision 1: Node strips no types under node_modules).
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isSupportedHere } from '@longhaul/agent/kernel';
import { findOldestNode, oldestNode } from '../scripts/oldest-node.ts';

const bootstrap = createRequire(import.meta.url)('../packages/cli/bootstrap.cjs');
const root = path.join(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-packages-'));
const home = path.join(folder, 'home');
const [npm, npmArguments] = bootstrap.findNpm(process.execPath) as [string, string[]];

function run(command: string, args: string[], cwd: string): SpawnSyncReturns<string> {
  const env = { ...bootstrap.environmentFor(process.execPath), LONGHAUL_HOME: home, NODE_TEST_CONTEXT: '' };
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 240_000 });
}

const longhaul = (...args: string[]) => run(path.join(folder, 'node_modules/.bin/longhaul'), args, folder);

before(() => {
  const published = globSync('packages/*/package.json', { cwd: root })
    .map(file => path.join(root, path.dirname(file)))
    .filter(dir => JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8')).private !== true);
  mkdirSync(path.join(folder, 'tarballs'));
  const packed = run(
    npm,
    [
      ...npmArguments,
      'pack',
      '--silent',
      '--ignore-scripts',
      '--pack-destination',
      path.join(folder, 'tarballs'),
      ...published,
    ],
    root,
  );
  assert.equal(packed.status, 0, packed.stderr);
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const tarballs = globSync('tarballs/*.tgz', { cwd: folder }).map(file => `./${file}`);
  assert.equal(tarballs.length, published.length);
  const installed = run(
    npm,
    [...npmArguments, 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs],
    folder,
  );
  assert.equal(installed.status, 0, installed.stderr);
});

after(() => {
  longhaul('agent', 'stop');
  rmSync(folder, { recursive: true, force: true });
});

test('no tarball carries tests or sources, and each has a licence and a readme', () => {
  for (const dir of globSync('node_modules/@longhaul/*', { cwd: folder })) {
    const files = globSync('**/*', { cwd: path.join(folder, dir), exclude: ['**/node_modules/**'] });
    assert.deepEqual(
      files.filter(file => /\.test\.|^src\//.test(file)),
      [],
      dir,
    );
    assert.ok(files.includes('LICENSE') && files.includes('README.md'), dir);
  }
});

const onlyByTheAgent = 'longhaul: a task host is started by the agent, when there is a task to run';

test('every public entry point can be imported from dist', () => {
  for (const dir of globSync('node_modules/@longhaul/*', { cwd: folder })) {
    const { name, exports } = JSON.parse(readFileSync(path.join(folder, dir, 'package.json'), 'utf8'));
    for (const entry of Object.keys(exports).filter(key => key !== './package.json')) {
      const specifier = path.posix.join(name, entry);
      const result = run(
        process.execPath,
        ['--input-type=module', '-e', `await import(${JSON.stringify(specifier)})`],
        folder,
      );
      if (specifier === '@longhaul/client/task-host') {
        assert.deepEqual([result.status, result.stderr.trim()], [2, onlyByTheAgent], 'a program, not a library');
      } else {
        assert.equal(result.status, 0, `${specifier}: ${result.stderr}`);
      }
    }
  }
});

test('the installed command downloads a file through an agent of its own and stops it', async () => {
  const body = Buffer.alloc(300_000, 'longhaul');
  await using server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': body.length, etag: '"one"' }).end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const target = path.join(folder, 'file.bin');
  const child = spawn(
    path.join(folder, 'node_modules/.bin/longhaul'),
    ['download', `http://127.0.0.1:${port}/file.bin`, '-o', target, '--wait', '--json'],
    {
      cwd: folder,
      env: { ...bootstrap.environmentFor(process.execPath), LONGHAUL_HOME: home, NODE_TEST_CONTEXT: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', text => (output += text));
  const code = await new Promise(resolve => child.on('exit', resolve));
  assert.equal(code, 0, output);
  assert.equal(JSON.parse(output).status, 'completed');
  assert.ok(readFileSync(target).equals(body));
  assert.equal(longhaul('agent', 'stop').status, 0);
  assert.equal(longhaul('agent', 'status').status, 3);
});

/** An app of a stranger: it hands a connection over and exits; its task writes down what comes. */
const strangersFiles = {
  'manifest.json': JSON.stringify({
    id: 'com.example.stranger',
    tasks: [{ entryPoint: './background.js#run', triggers: ['socket-activity'] }],
  }),
  'app.js': `
    import { once } from 'node:events';
    import { Socket } from 'node:net';
    import { BackgroundTaskBuilder, SocketActivityTrigger, connectAgent, enableTransferOwnership, transferOwnership } from '@longhaul/client';
    await using agent = await connectAgent({ app: 'com.example.stranger' });
    const builder = new BackgroundTaskBuilder(agent);
    builder.name = 'stranger';
    builder.taskEntryPoint = './background.js#run';
    builder.setTrigger(new SocketActivityTrigger());
    const { taskId } = await builder.register();
    const socket = new Socket();
    enableTransferOwnership(socket, { taskId });
    socket.pause().connect(Number(process.argv[2]), '127.0.0.1');
    await once(socket, 'connect');
    await transferOwnership(agent, socket, 'line');`,
  'background.js': `
    import { once } from 'node:events';
    import { cancelIO, transferOwnership } from '@longhaul/client';
    export async function run(task) {
      const information = task.triggerDetails.socketInformation;
      const socket = await information.streamSocket();
      const [bytes] = await once(socket, 'data');
      socket.write(process.version + ' has heard ' + bytes);
      await cancelIO(socket);
      await transferOwnership(task, socket, information.id);
    }`,
};

for (const [name, find] of [
  ['this Node', () => process.execPath],
  [`Node ${oldestNode}`, findOldestNode],
] as const) {
  test(`an app with a background task works as installed, on ${name}`, { skip: !isSupportedHere() }, async t => {
    const node = find();
    if (node === null) return t.skip(`Node ${oldestNode} could not be fetched`);
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
    const app = path.join(folder, `stranger-${version}`);
    mkdirSync(app);
    for (const [file, text] of Object.entries(strangersFiles)) writeFileSync(path.join(app, file), text);
    const env = { ...bootstrap.environmentFor(node), LONGHAUL_HOME: path.join(app, 'home'), NODE_TEST_CONTEXT: '' };
    const command = path.join(folder, 'node_modules/longhaul/bin/longhaul.cjs');
    const start = (...args: string[]) => spawnSync(node, args, { cwd: app, env, encoding: 'utf8', timeout: 60_000 });
    t.after(() => start(command, 'agent', 'stop'));
    const server = createTcpServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const registered = start(command, 'app', 'register', 'manifest.json');
    assert.equal(registered.status, 0, registered.stderr);
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const child = spawn(node, ['app.js', String(port)], { cwd: app, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const [[peer], [code]] = await Promise.all([accepted, once(child, 'exit')]);
    t.after(() => peer.destroy());
    assert.equal(code, 0);
    peer.write('hello');
    const [answer] = (await once(peer, 'data')) as [Buffer];
    assert.equal(answer.toString(), `${version} has heard hello`);
  });
}
