// Local settings of an app (SB-45, TI-41): small values that its processes and tasks share through the agent. Runs in browsers.
import * as v from 'valibot';
import { isSettingKey, settingKeyRule } from './checks.ts';

export const SettingKey = v.pipe(v.string(), v.check(isSettingKey, settingKeyRule));
/** Of one app. */
export const maxSettings = 1_024;

/** Verbs of the agent's hub, for apps only. Durable when they resolve. */
export interface SettingVerbs {
  getSettings(): Promise<Record<string, unknown>>;
  /** Any JSON value. `quota-exceeded` for one too many, `invalid-argument` for one too large. */
  setSetting(key: string, value: unknown): Promise<void>;
  removeSetting(key: string): Promise<void>;
}
