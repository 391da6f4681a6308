// What the hub examples have in common: an HTTP server for a folder with a page, and the browser build of the official
// SignalR client. A request that is no file goes to `otherwise`.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

const signalr = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@microsoft/signalr/package.json')),
  'dist/browser/signalr.min.js',
);

export function serveFolder(
  folder: string,
  files: readonly string[],
  otherwise: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  // A list, so that no path of a request ever reaches the file system.
  const known = new Map([
    ['/signalr.js', signalr],
    ['/base.css', path.join(import.meta.dirname, 'base.css')],
    ...files.map((file): [string, string] => [`/${file}`, path.join(folder, file)]),
  ]);
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://here');
    const file = known.get(pathname === '/' ? '/index.html' : pathname);
    if (request.method !== 'GET' || file === undefined) return otherwise(request, response);
    response.writeHead(200, {
      'Content-Type': types[path.extname(file)],
      'Content-Security-Policy': "default-src 'self'; img-src data:",
      'Cache-Control': 'no-cache',
    });
    createReadStream(file).pipe(response);
  });
}

/** On loopback, at the port of `--port`, else at any; says where. */
export async function listen(server: Server): Promise<string> {
  const at = process.argv.indexOf('--port');
  server.listen(at < 0 ? 0 : Number(process.argv[at + 1]), '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A page of another site may not act here: browsers say where a request comes from. */
export function isFromElsewhere({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host;
}
