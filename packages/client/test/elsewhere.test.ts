// Where sockets cannot be handed over: the SDK and the agent say why, and everything else works.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { startOrigin } from '@longhaul/testing/origin';
import { AgentHome } from './agent-home.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const origin = left.use(await startOrigin(400 * 1024 * 1024));
const root = path.join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** What the program says. */
async function elsewhere(tree: string, home: AgentHome, platform?: string) {
  const program = path.join(tree, 'packages/client/test/programs/elsewhere.ts');
  writeFileSync(path.join(home.files, 'background.mjs'), 'export function run() {}');
  const wanted = [`${origin.url}/file?size=100000`, home.file('file'), ...(platform === undefined ? [] : [platform])];
  const args = ['--conditions=longhaul-source', '--disable-warning=ExperimentalWarning', program, ...wanted];
  const { stdout } = await run(process.execPath, args, { env: home.env, cwd: home.files });
  return JSON.parse(stdout) as {
    status: string;
    enabled: Record<'code' | 'message' | 'fix', string> | null;
    registered: Record<'code' | 'message' | 'fix', string> | null;
    sockets: number;
  };
}

/** The workspace as an install leaves it: sources copied, dependencies linked, koffi with or without its binaries or not there. */
function install(koffi: 'without-binary' | 'missing'): string {
  const tree = mkdtempSync(path.join(tmpdir(), 'longhaul-tree-'));
  left.defer(() => rmSync(tree, { recursive: true, force: true }));
  const isSource = (file: string) => !/(^|\/)(node_modules|dist|docs)$/.test(path.relative(root, file));
  cpSync(path.join(root, 'packages'), path.join(tree, 'packages'), { recursive: true, filter: isSource });
  for (const name of readdirSync(path.join(root, 'packages'))) {
    const own = path.join(root, 'packages', name, 'node_modules');
    try {
      symlinkSync(own, path.join(tree, 'packages', name, 'node_modules'));
    } catch {}
  }
  const modules = path.join(tree, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(path.join(root, 'node_modules'))) {
    if (name.startsWith('.') || ['koffi', '@koromix', '@longhaul'].includes(name)) continue;
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  }
  cpSync(path.join(root, 'node_modules/@longhaul'), path.join(modules, '@longhaul'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  if (koffi === 'without-binary')
    cpSync(path.join(root, 'node_modules/koffi'), path.join(modules, 'koffi'), { recursive: true });
  return tree;
}

for (const [koffi, cause] of [
  ['without-binary', /^the native module koffi could not be loaded: .*koffi/i],
  ['missing', /^the native module koffi could not be loaded: Cannot find module 'koffi'$/],
] as const) {
  test(`with koffi ${koffi} an agent starts and downloads, sockets and tasks say what is missing`, async () => {
    await using home = new AgentHome();
    const { status, enabled, registered, sockets } = await elsewhere(install(koffi), home);
    assert.deepEqual([status, sockets], ['completed', 0]);
    for (const told of [enabled, registered]) {
      assert.equal(told?.code, 'not-supported-here');
      assert.match(told.message, cause);
      assert.match(told.fix, /koffi: install without "--omit=optional"/);
    }
  });
}

for (const platform of ['darwin', 'win32']) {
  test(`on ${platform} the SDK works but for sockets, of which it says where they can be handed over`, async () => {
    await using home = new AgentHome();
    const { status, enabled, sockets } = await elsewhere(root, home, platform);
    assert.deepEqual([status, sockets], ['completed', 0]);
    assert.equal(enabled?.code, 'not-supported-here');
    assert.match(enabled.message, new RegExp(`on Linux on x64 or arm64, not on ${platform} on `));
  });
}
