// Registered apps and their grants. The store says who is registered; an app's grant file (0600) holds the token by which a
// caller proves to be that app. One writer of both: this file.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type AppManifest, type AppRecord, cliAppId, LonghaulError } from '@longhaul/agent-protocol';
import { grantFile, readGrant } from '../launch/credentials.ts';
import type { Paths } from '../paths.ts';
import { writePrivateFile } from '../platform/private-file.ts';
import { newToken, tokenDigest } from '../platform/tokens.ts';
import type { Store } from '../store/store.ts';
import { type AppRow, deleteApp, putApp, readApps } from './apps-table.ts';

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
   * Registers an app, or gives a registered one its new name; its grant stays the same. Durable when it resolves.
   *
   * @throws LonghaulError `already-exists` for the command's own id
   */
  async register(manifest: AppManifest, now: number): Promise<AppRecord> {
    const { id, name } = manifest;
    if (id === cliAppId) throw new LonghaulError('already-exists', `"${id}" is the command itself`);
    const known = this.#byId.get(id)?.row;
    const row: AppRow = { id, name: name ?? known?.name ?? id, registeredAt: known?.registeredAt ?? now };
    await this.#store.commit(database => putApp(database, row));
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
    if (!this.#byId.has(id)) throw new LonghaulError('not-found', `no app "${id}" is registered`);
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

  #record({ id, name, registeredAt }: AppRow): AppRecord {
    return { id, name, registeredAt, grantFile: grantFile(this.#paths, id) };
  }
}
