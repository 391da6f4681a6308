// A request followed through its redirects, by any source: credentials stay with their origin, https stays https.
import { headersFor, RedirectTrail, redirectTarget } from './redirects.ts';
import type { Source, SourceRequest, SourceResponse } from './source.ts';

export interface Followed {
  readonly response: SourceResponse;
  /** The URL that answered (BT-61). */
  readonly url: URL;
  /** What it may be sent (BT-35); another host than the first may see less. */
  readonly headers: SourceRequest['headers'];
}

/** Rejects as `Source.open` does, and with `web-error` for redirects that must not be followed. */
export async function openFollowing(source: Source, request: SourceRequest, maxRedirects: number): Promise<Followed> {
  const trail = new RedirectTrail(request.url, maxRedirects);
  let { url, headers } = request;
  for (;;) {
    const response = await source.open({ ...request, url, headers });
    let to: URL | undefined;
    try {
      to = redirectTarget(response.head, url);
      if (to !== undefined) trail.follow(to);
    } catch (error) {
      response.discard();
      throw error;
    }
    if (to === undefined) return { response, url, headers };
    response.discard();
    headers = headersFor(headers, url, to);
    url = to;
  }
}
