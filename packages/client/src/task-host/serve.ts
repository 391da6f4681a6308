// ACTS. From its first word on a host is an app's: it works in the folder of the app, says that it is ready, and runs what it is told.
import { Channel, type Descriptor } from '@longhaul/agent/kernel';
import type { FromTaskHost, ToSocketDoor } from '@longhaul/agent-protocol';
import { maxDoorMessageBytes } from '@longhaul/agent-protocol/socket-limits';
import { SocketDoor } from '../sockets/socket-door.ts';
import { TaskHost } from './host.ts';
import { attributePrinting } from './printing.ts';

/** Until the agent ends the channel. @throws a system error when the folder is gone */
export function serve(socket: Descriptor, folder: string): void {
  process.chdir(folder);
  attributePrinting();
  const channel = new Channel(
    socket,
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
}
