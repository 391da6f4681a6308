// Registered apps and their grants. The store says who is registered; an app's grant file (0600) holds the token by which a
// caller proves to be that app. One writer of both: this file.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type AppManifest, type AppRecord, cliAppId, LonghaulError } from '@longhaul/agent-protocol';
import { grantFile, readGrant } from '../launch/credentials.ts';
import type { Paths } from '../paths.ts';
import { writePrivateFile } from '../platform/private-file.ts';
import { newToken, tokenDigest } from '../platform/tokens.ts';
import type { Store } from '../store/store.ts';
import { type AppRow, deleteApp, putApp, readApps } from './apps-table.ts';

/** The code of an app, as its manifest names it. */
type Declared = Pick<AppRow, 'folder' | 'tasks'>;

interface Registered {
  readonly row: AppRow;
  readonly digest: string;
}

export class Apps {
  readonly #store: Store;
  readonly #paths: Paths;
  readonly #byId = new Map<string, Registered>();
  readonly #byDigest = new Map<string, string>();

  /** Gives every registered app a grant that can be read again, removes grants of apps that are not registered. */
  constructor(store: Store, paths: Paths) {
    this.#store = store;
    this.#paths = paths;
    for (const row of readApps(store.database)) this.#remember(row);
    for (const name of readdirSync(paths.grantsFolder)) {
      if (!this.#byId.has(name.replace(/\.json$/, ''))) rmSync(join(paths.grantsFolder, name), { force: true });
    }
  }

  /**
   * Registers an app, or gives a registered one what the manifest says anew; its grant stays the same, and so does what the
   * manifest leaves out. Durable when it resolves.
   *
   * `check` looks at what is declared where that says something new: an app that connects as ever while its files are replaced
   * is not refused.
   *
   * @throws LonghaulError `already-exists` for the command's own id, `invalid-argument` for tasks whose place nobody can know,
   * what `check` throws
   */
  async register(manifest: AppManifest, now: number, check: (declared: Declared) => void): Promise<AppRecord> {
    const { id } = manifest;
    if (id === cliAppId) throw new LonghaulError('already-exists', `"${id}" is the command itself`);
    const known = this.#byId.get(id)?.row;
    const row: AppRow = {
      id,
      name: manifest.name ?? known?.name ?? id,
      registeredAt: known?.registeredAt ?? now,
      folder: manifest.folder ?? known?.folder ?? null,
      tasks: manifest.tasks ?? known?.tasks ?? [],
    };
    if (row.folder === null && row.tasks.some(({ entryPoint }) => !entryPoint.startsWith('/'))) {
      throw new LonghaulError('invalid-argument', `the manifest of "${id}" has tasks but no "folder" they are in`);
    }
    if (row.folder !== known?.folder || !isDeepStrictEqual(row.tasks, known.tasks)) check(row);
    // Apps register at each of their starts: what is as it was costs no write.
    if (!isDeepStrictEqual(row, known)) await this.#store.commit(database => putApp(database, row));
    return this.#remember(row);
  }

  /** Makes the app's grant worthless at once. After a crash before `unregister` the app is registered as before, with a new grant. */
  revoke(id: string): void {
    const digest = this.#byId.get(id)?.digest;
    if (digest !== undefined) this.#byDigest.delete(digest);
    rmSync(grantFile(this.#paths, id), { force: true });
  }

  /** Forgets the app. What else it left is for the caller to remove first. */
  async unregister(id: string): Promise<void> {
    this.revoke(id);
    await this.#store.commit(database => deleteApp(database, id));
    this.#byId.delete(id);
  }

  /** @throws LonghaulError `not-found` */
  require(id: string): void {
    if (!this.#byId.has(id)) throw new LonghaulError('not-found', `no app "${id}" is registered`, { subject: 'app' });
  }

  /** What the app's manifest declares; `undefined` for an app that is not registered. */
  manifestOf(id: string): Declared | undefined {
    return this.#byId.get(id)?.row;
  }

  list(): AppRecord[] {
    return [...this.#byId.values()].map(({ row }) => this.#record(row));
  }

  /** Whose grant this token is. */
  appOf(token: string): string | undefined {
    return this.#byDigest.get(tokenDigest(token));
  }

  #remember(row: AppRow): AppRecord {
    const token = this.#grantedToken(row.id);
    const digest = tokenDigest(token);
    const earlier = this.#byId.get(row.id);
    if (earlier !== undefined) this.#byDigest.delete(earlier.digest);
    this.#byId.set(row.id, { row, digest });
    this.#byDigest.set(digest, row.id);
    return this.#record(row);
  }

  /** The token in the app's grant file; a new one where the file is missing or not to be trusted. */
  #grantedToken(id: string): string {
    try {
      const grant = readGrant(this.#paths, id);
      if (grant !== undefined) return grant.token;
    } catch (error) {
      if (!(error instanceof LonghaulError)) throw error;
    }
    const token = newToken();
    writePrivateFile(grantFile(this.#paths, id), `${JSON.stringify({ app: id, token })}\n`);
    return token;
  }

  #record(row: AppRow): AppRecord {
    return { ...row, grantFile: grantFile(this.#paths, row.id) };
  }
}
