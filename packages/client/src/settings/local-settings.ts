// localSettings (SB-45, TI-41): small values that an app's processes and tasks share, and that outlive them all.
import { isSettingKey, LonghaulError, maxSettingBytes, settingKeyRule } from '@longhaul/agent-protocol/plain';
import { mustBeObject, mustBeText } from '../arguments.ts';
import type { SettingsDoor } from './settings-door.ts';

/** What `localSettings` needs of an `Agent`. */
export interface SettingsOwner {
  readonly app: string | undefined;
  readonly settings: SettingsDoor;
}

/**
 * The settings of the app that this connection speaks for: kept by the agent until the app is unregistered. The documents
 * name no limits; ours are 1,024 settings of 8 KiB each.
 *
 * @throws LonghaulError `access-denied` for a connection without an app, `invalid-argument`
 */
export function localSettings(agent: SettingsOwner): LocalSettings {
  mustBeObject('the agent', agent);
  if (agent.app === undefined) {
    throw new LonghaulError('access-denied', 'settings belong to an app: connect with connectAgent({ app })');
  }
  mustBeObject('the settings of the agent', agent.settings);
  return new LocalSettings(agent.settings);
}

/** Every answer is the agent's: what another process has set is there. */
export class LocalSettings {
  readonly #door: SettingsDoor;

  /** Made by `localSettings`. */
  constructor(door: SettingsDoor) {
    this.#door = door;
  }

  /** `undefined` where there is none. */
  async get(key: string): Promise<unknown> {
    checkKey(key);
    return (await this.entries()).get(key);
  }

  /**
   * Durable when it resolves. Any JSON value of up to 8 KiB of text.
   * @throws LonghaulError `invalid-argument`, `quota-exceeded` for one too many
   */
  async set(key: string, value: unknown): Promise<void> {
    checkKey(key);
    const text = jsonOf(key, value);
    const bytes = Buffer.byteLength(text);
    if (bytes > maxSettingBytes) {
      throw new LonghaulError('invalid-argument', `a setting has at most ${maxSettingBytes} bytes, not ${bytes}`);
    }
    await this.#door.set(key, value);
  }

  /** Durable when it resolves; one that is not there is no error. */
  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.#door.remove(key);
  }

  /** All of them, by key. */
  async entries(): Promise<Map<string, unknown>> {
    return new Map(Object.entries(await this.#door.getAll()));
  }
}

function checkKey(key: string): void {
  mustBeText('the key of a setting', key);
  if (!isSettingKey(key)) throw new LonghaulError('invalid-argument', settingKeyRule);
}

/** @throws LonghaulError `invalid-argument` for a BigInt, a cycle, a function */
function jsonOf(key: string, value: unknown): string {
  let cause: unknown;
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
  }
  throw new LonghaulError('invalid-argument', `the value of "${key}" is no JSON`, { cause });
}
