// An origin that sends the beginning of every file and then nothing, so that transfers stay under way as long as one likes;
// it tells when it sent the first byte of a path. Ranges and a strong validator: transfers continue after a restart.
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';

const sizeBytes = 1024 ** 3;
const beginning = Buffer.alloc(64 * 1024, 'longhaul');

export class SilentOrigin implements AsyncDisposable {
  readonly #server: Server;
  readonly #waiting = new Map<string, (at: number) => void>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => this.#answer(request.url ?? '', request.headers.range, response));
  }

  static async start(): Promise<SilentOrigin> {
    const origin = new SilentOrigin(createServer());
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  url(path: string): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the origin does not listen');
    return `http://127.0.0.1:${address.port}${path}`;
  }

  /** Resolves with `performance.now()` of the first byte sent for `path` from now on. */
  firstByte(path: string): Promise<number> {
    return new Promise(resolve => this.#waiting.set(path, resolve));
  }

  #answer(path: string, range: string | undefined, response: ServerResponse): void {
    const start = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    response.on('error', () => {}); // the agent is killed while it waits
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': sizeBytes - start,
      'accept-ranges': 'bytes',
      etag: '"one"',
      ...(start > 0 ? { 'content-range': `bytes ${start}-${sizeBytes - 1}/${sizeBytes}` } : {}),
    });
    response.write(beginning);
    this.#waiting.get(path)?.(performance.now());
    this.#waiting.delete(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
