// BackgroundDownloader (rows BT-16, BT-30 to BT-36): holds settings, and makes operations from them. What is changed here
// later does not alter operations that exist.
import type { ChecksumRequest, CollisionOption, CreateDownloadRequest } from '@longhaul/agent-protocol';
import { isUuid, LonghaulError } from '@longhaul/agent-protocol/plain';
import type { Agent } from '../agent.ts';
import { parseCollision, parseDownloadUrl, parseRateLimit, parseTarget } from './download-arguments.ts';
import { DownloadOperation } from './download-operation.ts';
import { type HeaderPair, type HeadersInput, headerPair, headerPairs, withHeader } from './request-headers.ts';

export interface BackgroundDownloaderOptions {
  /** Sent with every request of the operations made later (BT-35). Values are kept by the agent while the operation exists. */
  readonly headers?: HeadersInput;
  /** What happens when the target exists (BT-32). Default `fail`. */
  readonly collision?: CollisionOption;
  /** Bytes a second that each of the operations may take, at least 1,024; `null` = no limit of its own. Default `null`. */
  readonly maxBytesPerSecond?: number | null;
}

export interface CreateDownloadOptions {
  /** For this download, in place of the downloader's. */
  readonly collision?: CollisionOption;
  /** For this download, in place of the downloader's. */
  readonly maxBytesPerSecond?: number | null;
  /**
   * What the file must be; compared while it streams, and a mismatch is the error `integrity-failure`: no file appears.
   * Default: what the server names (`Repr-Digest`, `Digest`), where it does.
   */
  readonly checksum?: ChecksumRequest;
  /** Start in the same durable step, for an app that hands the download over and exits. Default false. */
  readonly start?: boolean;
  /** A UUID of the app's own choice: asking again with the same id and arguments creates nothing twice. Default: a random one. */
  readonly id?: string;
}

export class BackgroundDownloader {
  readonly #agent: Agent;
  #headers: HeaderPair[];
  #collision: CollisionOption;
  readonly #maxBytesPerSecond: number | null;

  /** @throws LonghaulError `invalid-header`, `invalid-argument` */
  constructor(agent: Agent, options: BackgroundDownloaderOptions = {}) {
    this.#agent = agent;
    this.#headers = headerPairs(options.headers);
    this.#collision = parseCollision(options.collision ?? 'fail');
    this.#maxBytesPerSecond = parseRateLimit(options.maxBytesPerSecond ?? null);
  }

  /** A second value for the same name is put behind the first (BT-35). @throws LonghaulError `invalid-header` */
  setRequestHeader(name: string, value: string): void {
    this.#headers = withHeader(this.#headers, headerPair(name, value));
  }

  get collision(): CollisionOption {
    return this.#collision;
  }

  set collision(collision: CollisionOption) {
    this.#collision = parseCollision(collision);
  }

  /**
   * Hands a download to the agent (BT-31). When the promise resolves it is durable: it survives this process, the agent
   * and the machine. It is idle until `start()`, or starts at once with `{ start: true }`.
   *
   * `file`: the target, absolute or from the current folder; the agent writes it, so its folder must exist.
   * @throws LonghaulError `invalid-url`, `unsupported-scheme`, `invalid-argument`, `invalid-header`, `target-exists`,
   * `target-folder-missing`, `target-not-writable`, `unsafe-path`, `already-exists`, `quota-exceeded`,
   * `agent-not-reachable`, `detached`
   */
  async createDownload(
    url: string | URL,
    file: string | URL,
    options: CreateDownloadOptions = {},
  ): Promise<DownloadOperation> {
    const request: CreateDownloadRequest = {
      id: parseId(options.id),
      url: parseDownloadUrl(url),
      file: parseTarget(file, process.cwd()),
      collision: options.collision === undefined ? this.#collision : parseCollision(options.collision),
      headers: this.#headers,
      maxBytesPerSecond:
        options.maxBytesPerSecond === undefined ? this.#maxBytesPerSecond : parseRateLimit(options.maxBytesPerSecond),
      checksum: options.checksum == null ? null : await parseChecksum(options.checksum),
      start: options.start ?? false,
    };
    return new DownloadOperation(this.#agent.transfers, await this.#agent.transfers.createDownload(request));
  }

  /**
   * The downloads of this connection's scope (BT-16), oldest first: those of the app, or of everybody for the owner.
   * Finished ones are among them until they are removed, so that an app learns what ended while it was away.
   */
  static async currentDownloads(agent: Agent): Promise<DownloadOperation[]> {
    const records = await agent.transfers.list();
    return records
      .filter(record => record.kind === 'download')
      .map(record => new DownloadOperation(agent.transfers, record));
  }
}

function parseId(id: string | undefined): string {
  if (id === undefined) return crypto.randomUUID();
  if (!isUuid(id)) throw new LonghaulError('invalid-argument', `not a UUID: ${JSON.stringify(id)}`);
  return id;
}

/** Its schema is loaded by the first who asks for a checksum: a task that only imports the SDK never waits for schemas. */
async function parseChecksum(input: ChecksumRequest): Promise<ChecksumRequest> {
  const { parseChecksum: parse } = await import('./checksum-argument.ts');
  return parse(input);
}
