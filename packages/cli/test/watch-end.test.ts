// `longhaul watch` when its agent goes away for good: it looks for it as long as the SDK does, starts none, and says so.
import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { after, test } from 'node:test';
import { findAgent } from '@longhaul/agent/launch';
import { connectAgent } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';
import { startOrigin } from '@longhaul/testing/origin';
import { Command } from 'commander';
import { CommandContext } from '../src/context.ts';
import { watchTransfers } from '../src/watch/watch-transfers.ts';
import { CommandHome } from './command-home.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
const slow = left.use(await startOrigin(1024 * 1024));

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk;
    done();
  }
}

test('an agent that was stopped for good ends the watching with agent-not-reachable, and is not started again', async () => {
  const { id, file } = await home.json('download', `${slow.url}/left?size=${20 * 1024 * 1024}`);
  const [stdout, stderr] = [new Collector(), new Collector()];
  const context = new CommandContext(
    {
      stdin: Readable.from([]),
      stdout: stdout as unknown as NodeJS.WriteStream,
      stderr: stderr as unknown as NodeJS.WriteStream,
      env: home.env,
      currentFolder: home.files,
      onEndSignal: () => ({ [Symbol.dispose]: () => {} }),
    },
    new Command(),
  );
  // The command waits for 30 s; a test need not.
  await using agent = await connectAgent({ env: home.env, reachTimeoutMs: 1_000 });
  const watching = watchTransfers(context, agent, { named: new Set([id]), untilDone: true });
  const failed = assert.rejects(watching, { code: 'agent-not-reachable' });
  await waitFor('it to run', () => stdout.text.includes(`${file}: running`));
  assert.equal((await home.run(['agent', 'stop'])).code, 0);
  await failed;
  assert.equal(stderr.text, 'The agent is away; looking for it.\n');
  assert.equal(await findAgent({ env: home.env }), undefined);
  const found = await home.json('show', id);
  assert.notEqual(found.status, 'error', 'whoever asks anew starts an agent, and the transfer is there');
});
