// Which proxy stands between us and an origin, as the environment says it: http_proxy, https_proxy, all_proxy, no_proxy, in
// small letters or capitals. Pure. Loopback addresses are never asked through a proxy.
import { isLoopbackHost } from '../network/connectivity.ts';

export type ProxyChoice =
  | { readonly kind: 'direct' }
  /** `proxy` may hold user name and password: never shown, never logged. */
  | { readonly kind: 'proxy'; readonly proxy: URL }
  /** Somebody wants a proxy that we cannot speak to. To go without it would show the origin who asks. */
  | { readonly kind: 'unusable'; readonly variable: string; readonly why: string };

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

const direct: ProxyChoice = Object.freeze({ kind: 'direct' });

/** The choice for one request to `url` (http: or https:). */
export function chooseProxy(url: URL, env: ProxyEnvironment): ProxyChoice {
  const scheme = url.protocol.slice(0, -1);
  const found = firstOf(env, [`${scheme}_proxy`, `${scheme}_proxy`.toUpperCase(), 'all_proxy', 'ALL_PROXY']);
  if (found === undefined || isLoopbackHost(url.hostname)) return direct;
  const exceptions = firstOf(env, ['no_proxy', 'NO_PROXY']);
  if (exceptions !== undefined && isExcepted(url, exceptions.value)) return direct;
  const { variable, value } = found;
  // curl takes a bare host and port for an HTTP proxy.
  const proxy = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (proxy === null) return { kind: 'unusable', variable, why: 'it is no URL' };
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    return { kind: 'unusable', variable, why: `it asks for ${proxy.protocol.slice(0, -1)}; http and https are spoken` };
  }
  return { kind: 'proxy', proxy };
}

function firstOf(env: ProxyEnvironment, names: readonly string[]): { variable: string; value: string } | undefined {
  for (const variable of names) {
    const value = env[variable]?.trim();
    if (value) return { variable, value };
  }
  return undefined;
}

/**
 * Does an entry of `list` (commas or spaces) name the host? `*` is everybody; `example.com`, `.example.com` and
 * `*.example.com` are that domain and all below it; an entry with a port counts for that port alone. Addresses count as
 * they are written.
 */
function isExcepted(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list.split(/[\s,]+/).some(entry => {
    if (entry === '*') return true;
    const [, name = '', ofPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isBareIpv6(entry) ? `[${entry}]` : entry) ?? [];
    if (ofPort !== undefined && ofPort !== port) return false;
    const domain = name.toLowerCase().replace(/^\*?\./, '');
    return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
  });
}

const isBareIpv6 = (entry: string): boolean => !entry.startsWith('[') && entry.split(':').length > 2;
