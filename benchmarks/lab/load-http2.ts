// The load of the HTTP/2 question, a process of its own: sessions with one stream each, opened by an extended CONNECT. Every
// stream writes a batch of frames, waits until as many bytes as their answers have come back, and writes the next.
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';

/** What is asked of it, by messages: first the options, then rounds. It answers each with 'done'. */
export interface Http2LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Messages in one write. */
  readonly batch: number;
  readonly message: string;
  /** Bytes that answer one message. */
  readonly answerBytes: number;
}
export type Http2LoadAsked = Http2LoadOptions | { readonly messagesEach: number };

let options: Http2LoadOptions | undefined;
const streams: ClientHttp2Stream[] = [];

/** One masked text frame; the key is the same in all, the server cannot know. */
function frameOf(message: string): Buffer {
  const payload = Buffer.from(message);
  if (payload.length > 125) throw new Error('A message of the HTTP/2 load has up to 125 bytes');
  const key = Buffer.of(0x12, 0x34, 0x56, 0x78);
  const masked = payload.map((byte, index) => byte ^ key[index % 4]!);
  return Buffer.concat([Buffer.of(0x81, 0x80 | payload.length), key, masked]);
}

async function open({ port }: Http2LoadOptions): Promise<ClientHttp2Stream> {
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`);
  await once(session, 'remoteSettings');
  const head = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', 'sec-websocket-version': '13' };
  const stream = session.request(head, { endStream: false });
  const [answer] = (await once(stream, 'response')) as [Record<string, unknown>];
  if (answer[':status'] !== 200) throw new Error(`The server answered ${answer[':status']}`);
  return stream;
}

function echo(
  stream: ClientHttp2Stream,
  { batch, message, answerBytes }: Http2LoadOptions,
  each: number,
): Promise<void> {
  const written = Buffer.concat(Array.from({ length: batch }, () => frameOf(message)));
  const { promise, resolve } = Promise.withResolvers<void>();
  let rounds = each / batch;
  let missing = batch * answerBytes;
  const onData = (bytes: Buffer): void => {
    missing -= bytes.length;
    if (missing > 0) return;
    if (missing < 0) throw new Error(`${-missing} bytes more than the answers have`);
    rounds -= 1;
    if (rounds <= 0) {
      stream.off('data', onData);
      resolve();
      return;
    }
    missing = batch * answerBytes;
    stream.write(written);
  };
  stream.on('data', onData);
  stream.write(written);
  return promise;
}

process.on('message', async (asked: Http2LoadAsked) => {
  if ('port' in asked) {
    options = asked;
    for (let index = 0; index < asked.connections; index += 1) streams.push(await open(asked));
  } else {
    await Promise.all(streams.map(stream => echo(stream, options!, asked.messagesEach)));
  }
  process.send?.('done');
});
process.once('disconnect', () => process.exit(0));
