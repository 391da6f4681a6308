// What a caller on the Unix socket proves itself with: the owner's token, or the grant of one app. Whoever can read the file
// is the user, or the app.

import { join } from 'node:path';
import { AppId, LonghaulError } from '@longhaul/agent-protocol';
import * as v from 'valibot';
import type { Paths } from '../paths.ts';
import { readPrivateFile } from '../platform/private-file.ts';

const Token = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const GrantFile = v.object({ app: AppId, token: Token });
export type Grant = v.InferOutput<typeof GrantFile>;

/** The file that makes its reader the app `id`. */
export function grantFile(paths: Paths, id: string): string {
  return join(paths.grantsFolder, `${v.parse(AppId, id)}.json`);
}

/** The owner's token; `undefined` while there is none. @throws LonghaulError `access-denied` */
export function readOwnerToken(paths: Paths): string | undefined {
  const text = readPrivateFile(paths.ownerTokenFile)?.trim();
  if (text === undefined || v.is(Token, text)) return text;
  throw new LonghaulError('access-denied', `${paths.ownerTokenFile} holds no token`);
}

/** An app's token; `undefined` when the app is not registered. @throws LonghaulError `access-denied` */
export function readGrant(paths: Paths, id: string): Grant | undefined {
  const file = grantFile(paths, id);
  const text = readPrivateFile(file);
  if (text === undefined) return undefined;
  try {
    const grant = v.parse(GrantFile, JSON.parse(text));
    if (grant.app === id) return grant;
  } catch (cause) {
    throw new LonghaulError('access-denied', `${file} is not a grant`, { cause });
  }
  throw new LonghaulError('access-denied', `${file} is not the grant of ${id}`);
}
