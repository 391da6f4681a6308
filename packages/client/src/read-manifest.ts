// ACTS. The manifest of an app, from its file or as an object.
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppManifest, LonghaulError } from '@longhaul/agent-protocol';
import * as v from 'valibot';

/** Far more than 64 tasks need. */
const maxManifestBytes = 1_048_576;

/**
 * A path is of a JSON file of at most 1 MiB; entry points in it are relative to its folder.
 *
 * @throws LonghaulError `invalid-argument`
 */
export async function readManifest(manifest: string | URL | AppManifest): Promise<AppManifest> {
  if (typeof manifest !== 'string' && !(manifest instanceof URL)) return parse('the manifest', manifest);
  const unreadable = (why: string, cause?: unknown) =>
    new LonghaulError('invalid-argument', `the manifest ${String(manifest)} cannot be read: ${why}`, { cause });
  let file: string;
  let json: unknown;
  try {
    file = resolve(typeof manifest === 'string' ? manifest : fileURLToPath(manifest));
    const facts = await stat(file);
    // A FIFO or a device would be waited for without an end.
    if (!facts.isFile()) throw unreadable('it is no file');
    if (facts.size > maxManifestBytes) {
      throw unreadable(`it has ${facts.size} bytes, and a manifest has at most ${maxManifestBytes}`);
    }
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof LonghaulError) throw cause;
    throw unreadable(cause instanceof Error ? cause.message : String(cause), cause);
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
