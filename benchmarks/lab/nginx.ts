// The origin of downloads: one nginx process on loopback addresses and ports of its own, with a config of its own.
// It ends with us, even when we are killed (setpriv --pdeathsig).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { waitFor } from '@longhaul/testing';
import { type Certificates, makeCertificates } from './certificates.ts';

export interface NginxOptions {
  readonly folder: string;
  /** Addresses it listens on. */
  readonly addresses?: readonly string[];
  /** Bytes a second for each connection that asks for a file under `/slow/`. */
  readonly slowBytesPerSecond?: number;
}

export class Nginx implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #tlsPort: number;
  /** Files put here are served. */
  readonly files: string;
  /** The PEM file of the authority behind the HTTPS origin. */
  readonly authority: string;

  private constructor(child: ChildProcess, port: number, tlsPort: number, files: string, authority: string) {
    this.#child = child;
    this.#port = port;
    this.#tlsPort = tlsPort;
    this.files = files;
    this.authority = authority;
  }

  /** Ports are free when they are looked for; somebody may take one before nginx does, so there are a few tries. */
  static async start(options: NginxOptions): Promise<Nginx> {
    const { addresses = ['127.0.0.1'], slowBytesPerSecond = 25 * 1024 * 1024 } = options;
    const folder = path.join(options.folder, 'nginx');
    const files = path.join(folder, 'files');
    mkdirSync(files, { recursive: true });
    const certificates = makeCertificates(folder, addresses);
    for (let tries = 1; ; tries++) {
      const [port, tlsPort] = [await freePort(), await freePort()];
      const config = configOf({ files, certificates, addresses, port, tlsPort, slowBytesPerSecond });
      writeFileSync(path.join(folder, 'nginx.conf'), config);
      const child = spawn(
        'setpriv',
        ['--pdeathsig', 'KILL', 'nginx', '-e', 'stderr', '-p', folder, '-c', path.join(folder, 'nginx.conf')],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
      const origin = new Nginx(child, port, tlsPort, files, certificates.authority);
      if (await origin.#isListening(addresses.at(-1)!)) return origin;
      await origin[Symbol.asyncDispose]();
      if (tries === 3) throw new Error('nginx could not be started; its words are above');
    }
  }

  url(name: string, how: { scheme?: 'http' | 'https'; address?: string; isSlow?: boolean } = {}): string {
    const { scheme = 'http', address = '127.0.0.1', isSlow = false } = how;
    return `${scheme}://${address}:${scheme === 'http' ? this.#port : this.#tlsPort}/${isSlow ? 'slow/' : ''}${name}`;
  }

  async #isListening(address: string): Promise<boolean> {
    const attempt = () =>
      new Promise<boolean>(resolve => {
        const socket = connect(this.#tlsPort, address);
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
        socket.once('connect', () => socket.destroy());
      });
    const hasEnded = () => this.#child.exitCode !== null || this.#child.signalCode !== null;
    await waitFor('nginx to listen', async () => hasEnded() || (await attempt()), { timeoutMs: 10_000, everyMs: 10 });
    return !hasEnded();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

interface Config {
  readonly files: string;
  readonly certificates: Certificates;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly tlsPort: number;
  readonly slowBytesPerSecond: number;
}

/** One process, so that its pid is all there is to end. sendfile from the page cache; everything else as nginx comes. */
function configOf({ files, certificates, addresses, port, tlsPort, slowBytesPerSecond }: Config): string {
  const listen = (at: number, more: string) => addresses.map(address => `listen ${address}:${at}${more};`).join(' ');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path temporary;`);
  return `
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  default_type application/octet-stream;
  ${temporary.join(' ')}
  root "${files}";
  server {
    ${listen(port, '')}
    location /slow/ { alias "${files}/"; limit_rate ${slowBytesPerSecond}; }
  }
  server {
    ${listen(tlsPort, ' ssl')}
    ssl_certificate "${certificates.certificate}";
    ssl_certificate_key "${certificates.key}";
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
