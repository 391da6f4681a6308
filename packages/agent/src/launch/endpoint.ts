// The endpoint file: where the running agent of a store can be reached. Written by the keeper, read by every caller.
import * as v from 'valibot';
import type { Paths } from '../paths.ts';
import { readPrivateFile, writePrivateFile } from '../platform/private-file.ts';

export interface Endpoint {
  /** The Unix socket of the agent's hub. */
  readonly socketPath: string;
  readonly keeperPid: number;
  /** When the keeper began to serve. Milliseconds since the epoch. */
  readonly startedAt: number;
}

const EndpointFile = v.object({
  version: v.literal(1),
  socketPath: v.string(),
  keeperPid: v.number(),
  startedAt: v.number(),
});

export function writeEndpoint(paths: Paths, endpoint: Endpoint): void {
  writePrivateFile(paths.endpointFile, `${JSON.stringify({ version: 1, ...endpoint })}\n`);
}

/** `undefined` when there is none, or none that can be understood: the next keeper writes a new one. @throws LonghaulError `access-denied` */
export function readEndpoint(paths: Paths): Endpoint | undefined {
  const text = readPrivateFile(paths.endpointFile);
  if (text === undefined) return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), EndpointFile), text);
  if (!parsed.success) return undefined;
  const { socketPath, keeperPid, startedAt } = parsed.output;
  return { socketPath, keeperPid, startedAt };
}
