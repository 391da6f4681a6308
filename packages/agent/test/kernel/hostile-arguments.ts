// Calls everything of the kernel room with what it must refuse, then shows that it still works. A program of its own: were
// there a way to crash, only this process would be gone.
import { openSync } from 'node:fs';
import { Descriptor } from '../../src/platform/kernel/descriptor.ts';
import { Envelope } from '../../src/platform/kernel/envelope.ts';
import { Epoll } from '../../src/platform/kernel/epoll.ts';
import { Readiness } from '../../src/platform/kernel/readiness.ts';
import * as sockets from '../../src/platform/kernel/sockets.ts';

const plainFile = Descriptor.own(openSync(import.meta.filename, 'r'));
const closed = sockets.socketPair()[0];
closed[Symbol.dispose]();
const notOpen = Descriptor.born(19_998);
const wrong: unknown[] = [
  undefined,
  null,
  true,
  -1,
  0.5,
  Number.NaN,
  2 ** 40,
  -(2 ** 40),
  10n,
  '',
  'x',
  '\0',
  Symbol('x'),
  [],
  {},
  () => 3,
  { number: 19_997 },
  { number: -1 },
  { number: {} },
  { number: '7' },
  { number: Number.NaN },
  new Float64Array(2),
  closed,
  notOpen,
  plainFile,
]; // prettier-ignore
const envelope = new Envelope();
const epoll = new Epoll();
const [here, there] = sockets.socketPair();
const calls: ((a: never, b: never) => unknown)[] = [
  a => Descriptor.own(a),
  a => sockets.acceptFrom(a),
  a => sockets.connectTo(a),
  (a, b) => sockets.listenAt(a, b),
  a => sockets.peerCredentials(a),
  a => sockets.socketFacts(a),
  a => sockets.shutDown(a),
  a => envelope.receive(a),
  (a, b) => envelope.send(a, b),
  (a, b) => envelope.send(here, Buffer.from('x'), [a, b, closed]),
  (a, b) => envelope.send(here, a, [b]),
  (a, b) => epoll.add(a, b),
  (a, b) => epoll.arm(a, b),
  a => epoll.remove(a),
  (a, b) => new Epoll(a).arm(here, b),
  a => new Epoll(a ?? (here as never)).take(),
  a => new Readiness(a, () => {}),
];

let refused = 0;
for (const call of calls) {
  for (const a of wrong) {
    for (const b of wrong) {
      try {
        call(a as never, b as never);
        throw new TypeError('not refused');
      } catch (error) {
        const isNotRefused = error instanceof TypeError && error.message === 'not refused';
        if (isNotRefused) throw new Error(`not refused: ${call} with ${String(a)} and ${String(b)}`, { cause: error });
        refused += 1;
      }
    }
  }
}
while (envelope.receive(there) !== undefined) throw new Error('something was sent');
envelope.send(here, Buffer.from('sound'), [there]);
const message = envelope.receive(there);
if (message === undefined || message === 'end' || message.bytes.toString() !== 'sound') throw new Error('not sound');
console.log(`${refused} refused, still sound`);
process.exit(0);
