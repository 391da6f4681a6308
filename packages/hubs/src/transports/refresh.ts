// The answers of `POST {path}/refresh` (§13). Decides only.

/** `refresh_disabled` is never said: without refresh there is no such path. */
export type RefreshErrorCode =
  | 'missing_connection_token'
  | 'connection_not_found'
  | 'invalid_token'
  | 'identity_changed';

const errors: Readonly<Record<RefreshErrorCode, readonly [status: number, description: string]>> = Object.freeze({
  missing_connection_token: [400, 'The id of the query is missing.'],
  connection_not_found: [404, 'No connection with that ID is open.'],
  invalid_token: [401, 'The new credentials were not accepted.'],
  identity_changed: [403, 'The new credentials are those of another user.'],
});

export function refreshError(code: RefreshErrorCode): { status: number; text: string } {
  const [status, error_description] = errors[code];
  return { status, text: JSON.stringify({ error: code, error_description }) };
}

/** `now` in milliseconds of Date.now(). */
export function refreshAnswer(connectionId: string, now: number, tokenLifetimeSeconds: number | undefined): string {
  return JSON.stringify({ connectionId, refreshedAt: new Date(now).toISOString(), tokenLifetimeSeconds });
}
