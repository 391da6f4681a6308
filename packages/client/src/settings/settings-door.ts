// The agent's verbs for the settings of an app, as this process calls them: one line a verb.
import type { AgentConnection } from '../connection/connection.ts';

export class SettingsDoor {
  readonly #connection: AgentConnection;

  constructor(connection: AgentConnection) {
    this.#connection = connection;
  }

  getAll(): Promise<Record<string, unknown>> {
    return this.#connection.call('getSettings');
  }

  set(key: string, value: unknown): Promise<void> {
    return this.#connection.call('setSetting', key, value);
  }

  remove(key: string): Promise<void> {
    return this.#connection.call('removeSetting', key);
  }
}
