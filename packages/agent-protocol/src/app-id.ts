// Who an app is. Runs in browsers.
import * as v from 'valibot';

/** Reverse-DNS or plain name: letters, digits, dot, dash, underscore; at most 128 characters. */
export const AppId = v.pipe(v.string(), v.maxLength(128), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'not an app id'));

/** The app id of transfers made by the command itself. */
export const cliAppId = 'longhaul';
