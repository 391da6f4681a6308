// ACTS. The manifest of an app, from its file or as an object.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppManifest, LonghaulError } from '@longhaul/agent-protocol';
import * as v from 'valibot';

/** A path is of a JSON file; entry points in it are relative to its folder. @throws LonghaulError `invalid-argument` */
export async function readManifest(manifest: string | URL | AppManifest): Promise<AppManifest> {
  if (typeof manifest !== 'string' && !(manifest instanceof URL)) return parse('the manifest', manifest);
  const file = resolve(typeof manifest === 'string' ? manifest : fileURLToPath(manifest));
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LonghaulError('invalid-argument', `the manifest ${file} cannot be read: ${why}`, { cause });
  }
  return { folder: dirname(file), ...parse(`the manifest ${file}`, json) };
}

function parse(name: string, value: unknown): AppManifest {
  const parsed = v.safeParse(AppManifest, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  throw new LonghaulError('invalid-argument', `${name} is none: ${path === null ? '' : `${path}: `}${issue.message}`);
}
