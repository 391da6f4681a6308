// Who an app is. Runs in browsers.
import * as v from 'valibot';

export const appIdRule: string =
  'an app id has 1 to 128 letters, digits, dots, dashes and underscores, the first of them a letter or digit';

/** Reverse-DNS or plain name. */
export const AppId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, appIdRule));

/** The app id of transfers made by the command itself. */
export const cliAppId = 'longhaul';
