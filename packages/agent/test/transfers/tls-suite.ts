// What every source must do with certificates: a good one is taken, each kind of bad one has its own WebErrorStatus (BT-141).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { answer, bodyOf, Origin, serveFile, serveStart } from './origin.ts';
import type { MakeSource } from './origin-suite.ts';
import { Room, sha256 } from './room.ts';

const body = bodyOf('over tls', 1_500_000);

/** An authority and leaves of its own, made by the openssl command. */
export class Authority implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'longhaul-ca-'));
  readonly #config = join(this.folder, 'ca.cnf');

  constructor() {
    writeFileSync(
      this.#config,
      '[ca]\ndefault_ca=x\n[x]\ndatabase=index\nunique_subject=no\nserial=serial\nnew_certs_dir=.\npolicy=p\ndefault_md=sha256\n[p]\ncommonName=supplied\n',
    );
    writeFileSync(join(this.folder, 'index'), '');
    writeFileSync(join(this.folder, 'serial'), '01\n');
    this.#openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=Test CA',
      '-days',
      '30',
    );
  }

  get ca(): string {
    return readFileSync(join(this.folder, 'ca.pem'), 'utf8');
  }

  leaf(name: string, subjectAltName: string, from: string, to: string): { key: Buffer; cert: Buffer } {
    writeFileSync(join(this.folder, `${name}.ext`), `subjectAltName=${subjectAltName}\n`);
    this.#openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    );
    this.#openssl(
      'ca',
      '-batch',
      '-config',
      'ca.cnf',
      '-cert',
      'ca.pem',
      '-keyfile',
      'ca.key',
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.pem`,
      '-notext',
      '-startdate',
      from,
      '-enddate',
      to,
      '-extfile',
      `${name}.ext`,
    );
    return this.#pair(name);
  }

  selfSigned(): { key: Buffer; cert: Buffer } {
    this.#openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'self.key',
      '-out',
      'self.pem',
      '-subj',
      '/CN=self',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-days',
      '30',
    );
    return this.#pair('self');
  }

  #pair(name: string): { key: Buffer; cert: Buffer } {
    return {
      key: readFileSync(join(this.folder, `${name}.key`)),
      cert: readFileSync(join(this.folder, `${name}.pem`)),
    };
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function runTlsSuite(name: string, makeSource: MakeSource): void {
  describe(`${name}: TLS`, () => {
    let authority: Authority;
    before(() => {
      authority = new Authority();
    });
    after(() => authority[Symbol.dispose]());

    const good = () => authority.leaf('good', 'IP:127.0.0.1', '20200101000000Z', '20990101000000Z');
    const open = (ca: string | undefined, connectTimeoutMs = 2_000) =>
      Room.open({
        makeSource: limits => makeSource(limits, ca === undefined ? {} : { ca }),
        limits: { connectTimeoutMs, retryDelaysMs: [10] },
      });

    test('a certificate of a trusted authority: the file comes, and resumes after a cut', async () => {
      await using origin = await Origin.listen((request, socket) => {
        if (request.nth > 1) return serveFile(request, socket, body);
        serveStart(socket, body, 700_000);
        socket.end();
      }, good());
      await using room = await open(authority.ca);
      const record = await room.download(origin.url());
      assert.equal(record.status, 'completed', `${record.error?.message}`);
      assert.equal(origin.requests[1]?.headers.get('range'), 'bytes=700000-');
      assert.equal(sha256(room.read('file.bin')), sha256(body));
    });

    const refused: [string, string, () => { key: Buffer; cert: Buffer }, boolean][] = [
      [
        'for another host',
        'certificate-common-name-is-incorrect',
        () => authority.leaf('other', 'DNS:example.com', '20200101000000Z', '20990101000000Z'),
        true,
      ],
      [
        'that has expired',
        'certificate-expired',
        () => authority.leaf('old', 'IP:127.0.0.1', '20200101000000Z', '20210101000000Z'),
        true,
      ],
      [
        'that is not valid yet',
        'certificate-expired',
        () => authority.leaf('new', 'IP:127.0.0.1', '20980101000000Z', '20990101000000Z'),
        true,
      ],
      ['that is self-signed', 'certificate-is-invalid', () => authority.selfSigned(), true],
      ['of an unknown authority', 'certificate-is-invalid', good, false],
    ];
    for (const [what, expected, pair, isTrusted] of refused) {
      test(`a certificate ${what} is refused at once: ${expected}`, async () => {
        await using origin = await Origin.listen((request, socket) => serveFile(request, socket, body), pair());
        await using room = await open(isTrusted ? authority.ca : undefined);
        const record = await room.download(origin.url());
        assert.deepEqual(
          [record.status, record.error?.code, record.error?.webErrorStatus],
          ['error', 'web-error', expected],
        );
        assert.equal(origin.requests.length, 0, 'nothing was asked for over it');
        assert.equal(record.failedAttempts, 1, 'trying again would not help');
        assert.deepEqual(room.names, []);
      });
    }

    test('https never becomes http by a redirect', async () => {
      await using plain = await Origin.listen((request, socket) => serveFile(request, socket, body));
      await using origin = await Origin.listen((_, socket) => answer(socket, 302, { Location: plain.url() }), good());
      await using room = await open(authority.ca);
      const record = await room.download(origin.url());
      assert.deepEqual([record.status, record.error?.webErrorStatus], ['error', 'https-to-http-on-redirection']);
      assert.equal(plain.requests.length, 0);
    });

    test('http may become https by a redirect', async () => {
      await using secure = await Origin.listen((request, socket) => serveFile(request, socket, body), good());
      await using origin = await Origin.listen((_, socket) => answer(socket, 301, { Location: secure.url() }));
      await using room = await open(authority.ca);
      assert.equal((await room.download(origin.url())).status, 'completed');
      assert.equal(sha256(room.read('file.bin')), sha256(body));
    });

    test('a connection whose handshake never ends is given up (BT-130)', async () => {
      const silent = createServer(socket => void socket.on('error', () => {}).resume());
      await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
      try {
        const address = silent.address();
        const port = typeof address === 'object' ? address?.port : 0;
        await using room = await open(authority.ca, 150);
        const record = await room.download(`https://127.0.0.1:${port}/`);
        assert.deepEqual([record.status, record.error?.code, record.failedAttempts], ['error', 'timeout', 2]);
      } finally {
        silent.close();
      }
    });

    test('plain text where TLS was expected cannot connect', async () => {
      const plain = createServer(socket => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      });
      await new Promise<void>(resolve => plain.listen(0, '127.0.0.1', resolve));
      try {
        const address = plain.address();
        const port = typeof address === 'object' ? address?.port : 0;
        await using room = await open(authority.ca);
        const record = await room.download(`https://127.0.0.1:${port}/`);
        assert.deepEqual([record.error?.code, record.error?.webErrorStatus], ['web-error', 'cannot-connect']);
      } finally {
        plain.close();
      }
    });
  });
}
