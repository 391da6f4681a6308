// What passing a descriptor costs through koffi and through a small N-API addon, and how soon an event of a watched socket
// reaches the event loop through two nested epolls.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Descriptor } from '../packages/agent/src/platform/kernel/descriptor.ts';
import { Envelope, maxDescriptors } from '../packages/agent/src/platform/kernel/envelope.ts';
import { Epoll } from '../packages/agent/src/platform/kernel/epoll.ts';
import { Readiness } from '../packages/agent/src/platform/kernel/readiness.ts';
import { socketPair } from '../packages/agent/src/platform/kernel/sockets.ts';
import { judge } from './lab/bars.ts';
import { ask } from './lab/question.ts';
import { medians } from './lab/statistics.ts';

interface Addon {
  send(socket: number, descriptors: Int32Array): number;
  receive(socket: number, into: Int32Array): number;
}

/** Microseconds a descriptor, sending and receiving; closing is not counted. */
function viaKoffi(messages: number, each: number): number {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const envelope = stack.use(new Envelope());
  const passed = Array.from({ length: each }, () => here);
  const byte = Buffer.of(1);
  let milliseconds = 0;
  for (let count = 0; count < messages; count++) {
    const startedAt = performance.now();
    envelope.send(here, byte, passed);
    const message = envelope.receive(there);
    milliseconds += performance.now() - startedAt;
    if (message === undefined || message === 'end' || message.descriptors.length !== each)
      throw new Error('not passed');
    for (const descriptor of message.descriptors) descriptor[Symbol.dispose]();
  }
  return (milliseconds * 1_000) / (messages * each);
}

function viaAddon(addon: Addon, messages: number, each: number): number {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const [sender, receiver] = [here.number, there.number];
  const passed = new Int32Array(each).fill(sender);
  const into = new Int32Array(maxDescriptors);
  let milliseconds = 0;
  for (let count = 0; count < messages; count++) {
    const startedAt = performance.now();
    const sent = addon.send(sender, passed);
    const received = addon.receive(receiver, into);
    milliseconds += performance.now() - startedAt;
    if (sent !== 1 || received !== each) throw new Error('not passed');
    for (const number of into.subarray(0, each)) Descriptor.born(number)[Symbol.dispose]();
  }
  return (milliseconds * 1_000) / (messages * each);
}

/** Milliseconds from a write of the peer to the callback, half of them below: one epoll in the event loop's, as with a vault. */
async function wake(rounds: number): Promise<number> {
  using stack = new DisposableStack();
  const [here, there] = socketPair().map(end => stack.use(end)) as [Descriptor, Descriptor];
  const envelope = stack.use(new Envelope());
  const epoll = stack.use(new Epoll());
  epoll.add(there, 1);
  let woken = Promise.withResolvers<number>();
  stack.use(new Readiness(epoll.descriptor, () => epoll.take().length > 0 && woken.resolve(performance.now())));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    woken = Promise.withResolvers();
    epoll.arm(there, 1);
    await new Promise(resolve => setTimeout(resolve, 0));
    const startedAt = performance.now();
    envelope.send(here, Buffer.of(1));
    times.push((await woken.promise) - startedAt);
    envelope.receive(there);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

await ask('fd-passing', ['cc'], async lab => {
  const file = path.join(lab.folder, 'passing.node');
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir as string;
  const source = path.join(import.meta.dirname, 'lab', 'passing-addon.c');
  const compiledFrom = performance.now();
  execFileSync('cc', ['-O2', '-shared', '-fPIC', '-I', headers, '-o', file, source]);
  const compileSeconds = (performance.now() - compiledFrom) / 1_000;
  const addon = createRequire(import.meta.url)(file) as Addon;
  const messages = lab.isQuick ? 1_000 : 50_000;
  const batches = Math.ceil(messages / 16);
  viaKoffi(1_000, 1);
  viaAddon(addon, 1_000, 1);
  const rounds: Record<string, Record<string, number>>[] = [];
  for (let round = 0; round < lab.rounds; round++) {
    const subjects = {
      koffi: () => ({ one: viaKoffi(messages, 1), many: viaKoffi(batches, maxDescriptors) }),
      addon: () => ({ one: viaAddon(addon, messages, 1), many: viaAddon(addon, batches, maxDescriptors) }),
    };
    const order = round % 2 === 0 ? (['koffi', 'addon'] as const) : (['addon', 'koffi'] as const);
    const figures = Object.fromEntries(order.map(name => [name, subjects[name]()]));
    rounds.push({ ...figures, loop: { wakeMs: await wake(lab.isQuick ? 200 : 2_000) } });
  }
  const median = medians(rounds);
  const { koffi, addon: rival, loop } = median as Record<string, Record<string, number>>;
  const beside = (figure: string) => `addon ${rival![figure]!.toFixed(2)} µs`;
  return {
    setup: { messages, descriptorsPerMessage: [1, maxDescriptors], addonCompileSeconds: compileSeconds },
    rounds,
    medians: median,
    bars: [
      judge({ what: 'one descriptor a message', unit: 'µs', atMost: 7, measured: koffi!.one!, figures: beside('one') }),
      judge({ what: '64 a message, each', unit: 'µs', atMost: 0.6, measured: koffi!.many!, figures: beside('many') }),
      judge({
        what: 'from a write to the event loop through two epolls, p50',
        unit: 'µs',
        atMost: 100,
        measured: loop!.wakeMs! * 1_000,
        figures: 'libuv’s own poll',
      }),
    ],
    notes: [
      'Sending and receiving in one process, without closing. koffi through our classes, with their checks; the addon bare.',
    ],
  };
});
