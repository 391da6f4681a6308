// The far ends of a crowd of parked connections, a process of its own because of the limit of open files: each connection says
// its number first. On demand a line is written to some of them; the task's answer says when its first line ran and what it read.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export type Question =
  | { readonly type: 'count' }
  /** One line to each of these; answered when all have been answered. */
  | { readonly type: 'write'; readonly numbers: readonly number[] };
export type Answer =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'count'; readonly connections: number; readonly ended: number }
  /** `firstLineUs`: from the write to the first line of the task, by number. */
  | { readonly type: 'answered'; readonly firstLineUs: readonly number[] }
  | { readonly type: 'wrong'; readonly what: string };

interface Peer {
  readonly socket: Socket;
  text: string;
  /** What was written and not answered. */
  awaited: { readonly line: string; readonly at: bigint; readonly answered: (us: number) => void } | undefined;
}

const say = (answer: Answer) => process.send?.(answer);
const peers = new Map<number, Peer>();
let ended = 0;
let lines = 0;

const server = createServer({ noDelay: true }, socket => {
  socket.on('error', () => {});
  socket.once('data', (greeting: Buffer) => {
    const peer: Peer = { socket, text: '', awaited: undefined };
    peers.set(greeting.readUInt32BE(0), peer);
    socket.on('data', (bytes: Buffer) => heard(peer, bytes));
    socket.on('close', () => {
      ended += 1;
    });
  });
});
server.listen(0, '127.0.0.1', 4_096);
await once(server, 'listening');
say({ type: 'listening', port: (server.address() as { port: number }).port });

process.on('message', (question: Question) => {
  if (question.type === 'count') say({ type: 'count', connections: peers.size, ended });
  else void write(question.numbers);
});
process.on('disconnect', () => process.exit());

async function write(numbers: readonly number[]): Promise<void> {
  const firstLineUs = await Promise.all(numbers.map(number => ask(peers.get(number)!)));
  say({ type: 'answered', firstLineUs });
}

function ask(peer: Peer): Promise<number> {
  return new Promise(answered => {
    lines += 1;
    const line = `line ${lines}\n`;
    peer.awaited = { line, at: process.hrtime.bigint(), answered };
    peer.socket.write(line);
  });
}

/** `NANOSECONDS BASE64\n`; a line that comes in parts is answered in parts. */
function heard(peer: Peer, bytes: Buffer): void {
  peer.text += bytes.toString('latin1');
  for (let end = peer.text.indexOf('\n'); end >= 0; end = peer.text.indexOf('\n')) {
    const [at = '', read = ''] = peer.text.slice(0, end).split(' ');
    peer.text = peer.text.slice(end + 1);
    const { awaited } = peer;
    if (awaited?.line !== Buffer.from(read, 'base64').toString()) {
      say({ type: 'wrong', what: `${JSON.stringify(awaited?.line)} was read as ${JSON.stringify(read)}` });
      return;
    }
    peer.awaited = undefined;
    awaited.answered(Number(BigInt(at) - awaited.at) / 1_000);
  }
}
