// The door to the settings of apps (SB-45, TI-41): what the hub's verbs call. Every answer to a change means it is durable.
import { LonghaulError, maxSettingBytes, maxSettings } from '@longhaul/agent-protocol';
import type { Store } from '../store/store.ts';
import { SettingsTable } from './settings-table.ts';

export class Settings {
  readonly #store: Store;
  readonly #table: SettingsTable;

  constructor(store: Store) {
    this.#store = store;
    this.#table = new SettingsTable(store.database);
  }

  getAll(app: string): Record<string, unknown> {
    const entries = this.#table.all(app).map(([key, text]) => [key, JSON.parse(text)] as const);
    return Object.fromEntries(entries);
  }

  /** @throws LonghaulError `invalid-argument` for what is no JSON or too large, `quota-exceeded` for one too many */
  async set(app: string, key: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined)
      throw new LonghaulError('invalid-argument', `the value of ${JSON.stringify(key)} is no JSON`);
    const bytes = Buffer.byteLength(text);
    if (bytes > maxSettingBytes) {
      throw new LonghaulError('invalid-argument', `a setting has at most ${maxSettingBytes} bytes, not ${bytes}`);
    }
    await this.#store.commit(() => {
      if (!this.#table.has(app, key) && this.#table.count(app) >= maxSettings) {
        throw new LonghaulError('quota-exceeded', `${app} has ${maxSettings} settings already`);
      }
      this.#table.put(app, key, text);
    });
  }

  async remove(app: string, key: string): Promise<void> {
    await this.#store.commit(() => this.#table.delete(app, key));
  }

  async removeApp(app: string): Promise<void> {
    await this.#store.commit(() => this.#table.deleteApp(app));
  }
}
