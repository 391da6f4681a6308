// The source in front of the others: asks directly, or through the proxy that the environment names for the origin. What
// goes through a proxy is asked by node:http, whose agents speak to proxies (CONNECT for https:).
import { LonghaulError } from '@longhaul/agent-protocol';
import { HttpSource, type HttpSourceOptions } from './http-source.ts';
import { chooseProxy, type ProxyEnvironment } from './proxies.ts';
import type { Source, SourceLimits, SourceRequest, SourceResponse } from './source.ts';

export class ProxiedSource implements Source {
  readonly #limits: SourceLimits;
  readonly #env: ProxyEnvironment;
  readonly #direct: Source;
  readonly #options: HttpSourceOptions;
  /** By proxy. As many as the environment names: three at most. */
  readonly #through = new Map<string, HttpSource>();

  /** `direct` is disposed with it. */
  constructor(limits: SourceLimits, env: ProxyEnvironment, direct: Source, options: HttpSourceOptions = {}) {
    this.#limits = limits;
    this.#env = env;
    this.#direct = direct;
    this.#options = options;
  }

  async open(request: SourceRequest): Promise<SourceResponse> {
    const choice = chooseProxy(request.url, this.#env);
    if (choice.kind === 'direct') return this.#direct.open(request);
    if (choice.kind === 'unusable') {
      throw new LonghaulError('web-error', `The proxy in ${choice.variable} cannot be used: ${choice.why}.`, {
        data: { webErrorStatus: 'cannot-connect' },
      });
    }
    return this.#sourceThrough(choice.proxy).open(request);
  }

  #sourceThrough(proxy: URL): HttpSource {
    let source = this.#through.get(proxy.href);
    if (source === undefined) {
      source = new HttpSource(this.#limits, { ...this.#options, proxy });
      this.#through.set(proxy.href, source);
    }
    return source;
  }

  [Symbol.dispose](): void {
    this.#direct[Symbol.dispose]();
    for (const source of this.#through.values()) source[Symbol.dispose]();
  }
}
