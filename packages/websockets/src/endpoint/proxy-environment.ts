// Which proxy the environment names for a URL, by the customs of curl and its kin: `https_proxy` for `wss:`, `http_proxy`
// for `ws:`, `all_proxy` for both, `no_proxy` for exceptions. Only asked for by who passes it as `proxy`.
import { mustBeObject } from '../arguments.ts';
import { WebSocketError } from '../errors.ts';
import { hostnameOf, portOf } from '../handshake/url.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for `url`, or nothing. Lower-case names win; `HTTP_PROXY` in capitals is ignored under CGI, where a request
 * header sets it (CVE-2016-5385). `NO_PROXY` lists hosts with their subdomains, `host:port`, or `*`; no address ranges.
 * Throws `invalid-url`, `invalid-argument`.
 */
export function proxyFromEnvironment(url: string | URL, environment: Environment = process.env): string | undefined {
  mustBeObject('The environment', environment);
  const target = typeof url === 'string' || url instanceof URL ? URL.parse(url) : null;
  if (target === null) throw new WebSocketError('invalid-url', 'The URL to find a proxy for is none');
  if (isExempt(target, variable(environment, 'no_proxy') ?? '')) return undefined;
  const isSecure = target.protocol === 'wss:' || target.protocol === 'https:';
  const own = isSecure ? variable(environment, 'https_proxy') : httpProxy(environment);
  const proxy = own ?? variable(environment, 'all_proxy');
  return proxy === undefined || proxy.includes('://') ? proxy : `http://${proxy}`;
}

function variable(environment: Environment, name: string): string | undefined {
  return environment[name] || environment[name.toUpperCase()] || undefined;
}

function httpProxy(environment: Environment): string | undefined {
  if (environment.REQUEST_METHOD !== undefined) return environment.http_proxy || undefined;
  return variable(environment, 'http_proxy');
}

function isExempt(target: URL, list: string): boolean {
  const host = hostnameOf(target).toLowerCase();
  return list
    .split(/[\s,]+/)
    .filter(entry => entry !== '')
    .some(entry => {
      if (entry === '*') return true;
      const { name, port } = split(entry.toLowerCase());
      if (port !== undefined && port !== portOf(target)) return false;
      return host === name || host.endsWith(`.${name}`);
    });
}

/** `.example.com`, `*.example.com`, `example.com:8080`, `[::1]:8080`, `::1`. */
function split(entry: string): { name: string; port: number | undefined } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry);
  const name = match === null ? entry : (match[1] ?? match[2]!);
  return { name: name.replace(/^\*?\./, ''), port: match?.[3] === undefined ? undefined : Number(match[3]) };
}
