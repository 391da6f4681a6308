// The hub's verbs for the settings of apps: each for the app that calls.
import { LonghaulError, SettingKey } from '@longhaul/agent-protocol';
import * as v from 'valibot';
import type { Settings } from '../settings/door.ts';
import type { Caller } from './access.ts';
import type { Verb } from './verb.ts';

export function settingMethods(verb: Verb, settings: Settings) {
  return {
    getSettings: verb('getSettings', [], ({ scope }) => settings.getAll(appOf(scope))),
    setSetting: verb('setSetting', [SettingKey, v.unknown()], ({ scope }, [key, value]) =>
      settings.set(appOf(scope), key, value),
    ),
    removeSetting: verb('removeSetting', [SettingKey], ({ scope }, [key]) => settings.remove(appOf(scope), key)),
  };
}

/** The table of roles lets apps only come here. */
function appOf(scope: Caller['scope']): string {
  if (scope.role === 'app') return scope.app;
  throw new LonghaulError('access-denied', 'settings belong to apps');
}
