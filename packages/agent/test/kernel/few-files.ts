// Started with a low limit of open files: a message with more descriptors than may still be opened.
import { openSync, readdirSync } from 'node:fs';
import type { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import { Envelope } from '../../src/platform/kernel/envelope.ts';
import { socketPair } from '../../src/platform/kernel/sockets.ts';

const [here, there] = socketPair();
const envelope = new Envelope();
const many: Descriptor[] = Array.from({ length: 64 }, () => here);
envelope.send(here, Buffer.from('many'), many);
envelope.send(here, Buffer.from('next'));
const fillers: number[] = [];
while (readdirSync('/proc/self/fd').length < 50) fillers.push(openSync('/dev/null', 'r'));
const before = readdirSync('/proc/self/fd').length;
const message = envelope.receive(there);
const left = readdirSync('/proc/self/fd').length - before;
const next = envelope.receive(there);
const isNext = next !== undefined && next !== 'end' && next.bytes.toString() === 'next';
if (message !== undefined && message !== 'end' && message.wereLost) {
  console.log(
    `lost of "${message.bytes}", ${left === 0 ? 'none' : left} kept, the next message ${isNext ? 'arrives' : 'is lost'}`,
  );
}
process.exit(0);
