// The path and query of a request as hubs read them: paths and query keys without regard to case (§1).
import type { AnyRequest } from '@longhaul/websockets';

export interface RequestTarget {
  /** Lower case, no slash at the end. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** `undefined` for a target that is no path (`*`, nonsense): no hub is there. */
export function parseRequestTarget(url: string | undefined): RequestTarget | undefined {
  if (url === undefined) return undefined;
  const isPath = url.startsWith('/');
  const parsed = URL.parse(isPath ? `http://hub${url}` : url);
  if (parsed === null) return undefined;
  const path = decode(parsed.pathname);
  return path === undefined ? undefined : { path: normalizePath(path), query: parsed.searchParams };
}

export function normalizePath(path: string): string {
  return path.toLowerCase().replace(/\/+$/, '');
}

/** The first value of a query parameter. */
export function queryValue(query: URLSearchParams, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const [key, value] of query) {
    if (key.toLowerCase() === wanted) return value;
  }
  return undefined;
}

function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}

/** What the client calls us: `Host`, on HTTP/2 `:authority`. */
export function hostOf({ headers }: AnyRequest): string | undefined {
  return (headers[':authority'] as string | undefined) ?? headers.host;
}
