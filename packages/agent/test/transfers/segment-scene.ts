// A file that several connections fetch, and its origin: slow enough for as long as a test waits for them, then fast. How long
// the machine takes to open them does not matter.
import type { TlsOptions } from 'node:tls';
import type { ParsedCreateDownloadRequest } from '@longhaul/agent-protocol';
import type { TransferLimits } from '../../src/transfers/options.ts';
import { bodyOf, type Handler, Origin, type OriginRequest, type Pace, rangeOf, servePaced } from './origin.ts';
import { Room, type RoomOptions, sha256 } from './room.ts';

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const body = bodyOf('segments', 4 * MiB);
export const changed = bodyOf('segments, changed', 4 * MiB);
export const digest = { algorithm: 'sha-256', expected: sha256(body) } as const;

const limits: Partial<TransferLimits> = {
  minSegmentBytes: 128 * KiB,
  minSplitMs: 50,
  connectTimeoutMs: 30_000,
  responseTimeoutMs: 30_000,
  stallTimeoutMs: 30_000,
};

export class Scene implements AsyncDisposable {
  readonly origin: Origin;
  readonly room: Room;
  /** Of each connection: alone it needs eight seconds, unless it is hurried. */
  readonly pace: Pace;

  constructor(origin: Origin, room: Room, pace: Pace) {
    this.origin = origin;
    this.room = room;
    this.pace = pace;
  }

  /** `serve` answers with the file at the pace of the scene unless a test wants something else. */
  static async open(serve?: (pace: Pace) => Handler, options: RoomOptions = {}, tls?: TlsOptions): Promise<Scene> {
    const pace = { bytesPerSecond: 512 * KiB };
    const handler: Handler = serve?.(pace) ?? ((request, socket) => servePaced(request, socket, body, pace));
    const origin = await Origin.listen(handler, tls);
    const room = await Room.open({ ...options, limits: { ...limits, ...options.limits } });
    return new Scene(origin, room, pace);
  }

  /** Creates, starts, resolves with its id once four connections bring it. */
  async overFour(more: Partial<ParsedCreateDownloadRequest> = {}): Promise<string> {
    const { id } = await this.room.create(this.origin.url(), more);
    await this.room.when(id, ({ connections }) => connections === 4);
    return id;
  }

  /** What is left comes at once. */
  hurry(): void {
    this.pace.bytesPerSecond = 64 * MiB;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.room[Symbol.asyncDispose]();
    await this.origin[Symbol.asyncDispose]();
  }
}

/** Answers the first request well, slowly until there is a second; every other one as `odd` does. */
export const oddBehindTheFirst =
  (odd: Handler) =>
  (pace: Pace): Handler =>
  (request, socket) => {
    if (request.nth === 1) return servePaced(request, socket, body, pace);
    pace.bytesPerSecond = 4 * MiB;
    odd(request, socket);
  };

/** The range that was asked for, and its bytes. */
export function partOf(request: OriginRequest, of: Buffer = body) {
  const [from, to] = rangeOf(request, of.byteLength)!;
  return { from, to, part: of.subarray(from, to) };
}
