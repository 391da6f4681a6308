// What importing the SDK loads: it stands before the first line of every task and of every app (decision 178).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const program = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
await import('@longhaul/client');
console.log(JSON.stringify(loaded));
`;

test('importing the SDK loads no schemas, no hub client and no WebSockets: they come with the first connection', () => {
  const flags = ['--conditions=longhaul-source', '--disable-warning=ExperimentalWarning', '--input-type=module'];
  const output = execFileSync(process.execPath, [...flags, '-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  const loaded = JSON.parse(output) as string[];
  assert.ok(
    loaded.includes(pathToFileURL(`${import.meta.dirname}/../src/index.ts`).href.replace('test/../', '')),
    output,
  );
  const late =
    /valibot|signalr|packages\/(hubs|websockets)\/|agent-protocol\/src\/(index|socket-door|transfers|tasks)\.ts/;
  assert.deepEqual(
    loaded.filter(url => late.test(url)),
    [],
  );
});
