// @longhaul/agent/kernel as the SDK and the task hosts use it: messages of the door's size, and a process that dies with its
// parent.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { maxDoorMessageBytes } from '@longhaul/agent-protocol';
import { waitFor } from '@longhaul/testing';
import { Envelope } from '../../src/platform/kernel/envelope.ts';
import { Channel, type Descriptor, socketPair } from '../../src/platform/kernel/index.ts';
import { nodeFlags } from '../../src/platform/source.ts';
import { isAlive } from '../process/home.ts';

test('a message of the size of the door arrives whole, over channels that share one envelope', async () => {
  using stack = new DisposableStack();
  const received = Promise.withResolvers<{ bytes: Buffer; descriptors: readonly Descriptor[] }>();
  const envelope = stack.use(new Envelope(maxDoorMessageBytes));
  const [here, there] = socketPair();
  const sender = stack.use(new Channel(here, { received: () => {}, ended: () => {} }, { envelope }));
  stack.use(
    new Channel(
      there,
      { received: (bytes, descriptors) => received.resolve({ bytes, descriptors }), ended: received.reject },
      { maxMessageBytes: maxDoorMessageBytes },
    ),
  );
  const [passed, other] = socketPair();
  const bytes = Buffer.alloc(maxDoorMessageBytes, 'x');
  sender.send(bytes, [passed]);
  for (const end of [passed, other]) end[Symbol.dispose]();
  const message = await received.promise;
  for (const descriptor of message.descriptors) stack.use(descriptor);
  assert.ok(message.bytes.equals(bytes));
  assert.equal(message.descriptors.length, 1);
  assert.throws(() => sender.send(Buffer.alloc(maxDoorMessageBytes + 1)), RangeError);
});

test('an envelope has a whole number of bytes', () => {
  for (const size of [0, -1, 0.5, Number.NaN, 2 ** 31]) assert.throws(() => new Envelope(size), RangeError);
});

const program = fileURLToPath(new URL('./parent-and-child.ts', import.meta.url));

test('a process that dies with its parent is killed with it', async t => {
  const parent = spawn(process.execPath, [...nodeFlags, program, 'parent'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = Number(line.toString());
  assert.ok(isAlive(child));
  assert.match(readFileSync(`/proc/${child}/stat`, 'utf8'), new RegExp(`\\) \\w ${parent.pid} `));
  parent.kill('SIGKILL');
  await waitFor('the child to be gone', () => !isAlive(child));
});

test('a process whose parent has ended before it could say so ends itself', async () => {
  const late = spawn(process.execPath, [...nodeFlags, program, 'child', '1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [, signal] = await once(late, 'exit');
  assert.equal(signal, 'SIGKILL');
});
