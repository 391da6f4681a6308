// Another user at the door: prints what he is told, or why he does not get there.
import { Channel } from '../../src/platform/kernel/channel.ts';
import { connectTo, socketPair } from '../../src/platform/kernel/sockets.ts';

const [path = ''] = process.argv.slice(2);
// It becomes that user itself: another user could not even start a Node in a private folder.
for (const end of socketPair()) end[Symbol.dispose](); // everything is loaded
const nobody = 65_534;
process.setgroups?.([]);
process.setgid?.(nobody);
process.setuid?.(nobody);
try {
  const told = Promise.withResolvers<string>();
  const channel = new Channel(connectTo(path), {
    received: bytes => told.resolve((JSON.parse(bytes.toString()) as { code: string }).code),
    ended: () => told.resolve('ended'),
  });
  channel.send(Buffer.from(JSON.stringify({ type: 'hello', token: 'token-a' })));
  console.log(await told.promise);
  channel[Symbol.dispose]();
} catch (error) {
  console.log((error as { code?: string }).code);
}
