// One application for the tests that ask whether a client can do everything: by every transport, in every protocol, in Node
// and in browsers, over HTTP/1.1 and HTTP/2.
import { type AuthorizationContext, defineHub, HubError, type HubUser } from '@longhaul/hubs';

export interface AppClient {
  note(value: unknown): void;
  question(n: number): number;
}

/** The hub, and what came to an end in it. */
export function createApp() {
  const ended: string[] = [];
  const hub = defineHub<AppClient, HubUser>()({
    methods: {
      add: (_call, a: number, b: number) => a + b,
      echo: (_call, value: unknown) => value,
      who: call => call.userIdentifier ?? null,
      header: (call, name: string) => call.request.headers[name] ?? null,
      where: call => call.request.url ?? null,
      version: call => call.request.httpVersion,
      fail() {
        throw new HubError('no such thing', { code: 'not-found', data: { id: 7 } });
      },
      join: (call, name: string) => call.groups.add(call.connectionId, name),
      tellAll: (call, value: unknown) => call.clients.all.note(value),
      ask: (call, n: number) => call.clients.caller.invoke.question(n),
      abort: call => call.abort(),
      async *count(_call, to: number) {
        for (let n = 0; n < to; n += 1) yield n;
      },
      async *forever(call) {
        try {
          for (let n = 0; !call.signal.aborted; n += 1) {
            yield n;
            await new Promise(resolve => setImmediate(resolve));
          }
        } finally {
          ended.push('forever');
        }
      },
      async upload(_call, first: string, words: AsyncIterable<string>) {
        const all = [first];
        for await (const word of words) all.push(word);
        return all.join(' ');
      },
      async *upperCase(_call, words: AsyncIterable<string>) {
        for await (const word of words) yield word.toUpperCase();
      },
    },
    onDisconnected: () => void ended.push('disconnected'),
  });
  return { hub, ended };
}

/** A token names its user, and so does a cookie; `short` is Ann's too, and expires at once. */
export function authorize({ accessToken, request, negotiated }: AuthorizationContext) {
  if (accessToken === 'short') return { allowed: true, user: { id: 'ann' }, expiresAt: Date.now() + 300 } as const;
  const id = accessToken ?? /session=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? negotiated?.id;
  return id === undefined ? ({ allowed: false, status: 401 } as const) : ({ allowed: true, user: { id } } as const);
}
