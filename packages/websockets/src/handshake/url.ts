// The URL of a WebSocket (RFC 6455 §3): `ws:` or `wss:`, absolute, without a fragment. `http:` and `https:` mean the same.

/** With `http:` and `https:` turned into `ws:` and `wss:`; nothing when it is none. */
export function parseUrl(url: string | URL): URL | undefined {
  if (typeof url !== 'string' && !(url instanceof URL)) return undefined;
  const text = String(url);
  if (!URL.canParse(text) || text.includes('#')) return undefined;
  const parsed = new URL(text);
  if (!/^(wss?|https?):$/.test(parsed.protocol)) return undefined;
  return parsed.protocol.startsWith('http') ? new URL(parsed.href.replace(/^http/, 'ws')) : parsed;
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'wss:' || url.protocol === 'https:' ? 443 : 80;
}

/** The host as a resolver takes it. */
export function hostnameOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** Basic authorization from user and password of a URL (RFC 7617), or nothing. */
export function basicAuthorization(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return `Basic ${Buffer.from(`${decoded(url.username)}:${decoded(url.password)}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that escapes nothing stands for itself
  }
}
