// A rate-limited origin on loopback: bodies made from their name, a strong ETag, ranges. For the tour, the crash test and examples.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Origin extends AsyncDisposable {
  readonly url: string;
  /** May be set while answers are under way. */
  bytesPerSecond: number;
  /** Range requests that were answered with 206. */
  readonly resumed: number;
  /** The most answers for one URL that were under way at the same time. */
  readonly mostAtOnce: number;
}

/** Bytes of `/NAME?size=N`: the same for every request. */
export function bodyOf(name: string, size: number): Buffer {
  const block = createHash('sha512').update(name).digest();
  const body = Buffer.alloc(size, block);
  for (let at = 0; at < size; at += 4096) body.writeUInt32BE(at % 0xffffffff, Math.min(at, size - 4));
  return body;
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export interface OriginOptions {
  /** The rate holds for each connection, so that several bring more. Default: for all that bring the same URL together. */
  readonly isRatePerConnection?: boolean;
}

/**
 * Serves `/NAME?size=N` at `bytesPerSecond`, in pieces of a hundredth of that. With `&fickle` the first response
 * is cut in its middle, and from then on it is another file (`NAME.2`) with another ETag. `/missing` is 404.
 */
export async function startOrigin(bytesPerSecond: number, options: OriginOptions = {}): Promise<Origin> {
  let resumed = 0;
  const seen = new Set<string>();
  const underWay = new Map<string, number>();
  let mostAtOnce = 0;
  let rate = bytesPerSecond;

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url!, 'http://origin');
    if (url.pathname === '/missing') {
      response.writeHead(404).end();
      return;
    }
    const isCut = url.searchParams.has('fickle') && !seen.has(request.url!);
    const name = url.pathname.slice(1) + (url.searchParams.has('fickle') && !isCut ? '.2' : '');
    seen.add(request.url!);
    const body = bodyOf(name, Number(url.searchParams.get('size')));
    const etag = `"${name}"`;
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const ifRange = request.headers['if-range'];
    const isPart = range !== null && (ifRange === undefined || ifRange === etag);
    const start = isPart ? Number(range[1]) : 0;
    const stop = isPart && range[2] !== '' ? Math.min(body.length, Number(range[2]) + 1) : body.length;
    if (start > 0 && start >= body.length) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}`, etag }).end();
      return;
    }
    if (isPart) resumed += 1;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': stop - start,
      'accept-ranges': 'bytes',
      etag,
      ...(isPart ? { 'content-range': `bytes ${start}-${stop - 1}/${body.length}` } : {}),
    });
    const count = (underWay.get(url.href) ?? 0) + 1;
    underWay.set(url.href, count);
    mostAtOnce = Math.max(mostAtOnce, count);
    let at = start;
    const timer = setInterval(() => {
      const piece = Math.max(1, Math.floor(rate / 100));
      const share = options.isRatePerConnection ? piece : Math.ceil(piece / underWay.get(url.href)!);
      const end = Math.min(stop, at + share);
      response.write(body.subarray(at, end));
      at = end;
      if (isCut && at >= body.length / 2) response.destroy();
      if (at < stop) return;
      clearInterval(timer);
      response.end();
    }, 10);
    response.on('close', () => {
      clearInterval(timer);
      underWay.set(url.href, underWay.get(url.href)! - 1);
    });
  };

  const server = createServer(answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    get bytesPerSecond() {
      return rate;
    },
    set bytesPerSecond(value) {
      rate = value;
    },
    get resumed() {
      return resumed;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
