// Entry of a task host, started by the agent and by nobody else: `node main.js PARENT`, with the channel to the agent as
// descriptor 3 and the pipe for logs as descriptor 4. It lives as long as its agent wants it, and never longer than its agent.
import { Channel, Descriptor, dieWithParent } from '@longhaul/agent/kernel';
import type { FromTaskHost, ToSocketDoor } from '@longhaul/agent-protocol';
import { maxDoorMessageBytes } from '@longhaul/agent-protocol/socket-limits';
import { SocketDoor } from '../sockets/socket-door.ts';
import { TaskHost } from './host.ts';
import { attributePrinting } from './printing.ts';

const parent = Number(process.argv[2]);
if (!Number.isSafeInteger(parent)) {
  process.stderr.write('longhaul: a task host is started by the agent, when there is a task to run\n');
  process.exit(2);
}
dieWithParent(parent);
attributePrinting();

const channel = new Channel(
  Descriptor.own(3),
  {
    received: (bytes, descriptors) => host.received(bytes, descriptors),
    ended: () => process.exit(),
  },
  { maxMessageBytes: maxDoorMessageBytes },
);
const say = (message: FromTaskHost | ToSocketDoor, descriptors: readonly Descriptor[] = []): void =>
  channel.send(Buffer.from(JSON.stringify(message)), descriptors);
const host = new TaskHost(say, new SocketDoor(say));

process.on('uncaughtException', error => host.uncaught(error));
process.on('unhandledRejection', error => host.uncaught(error));
process.on('exit', code => host.exiting(code));
say({ type: 'ready' });
