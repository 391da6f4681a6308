// A small SignalR client (JSON, WebSocket without negotiation) that can dial a Unix socket and send what it should not.
import WebSocket from 'ws';

const recordEnd = '\x1e';

export class HubFailure extends Error {
  readonly code: string | undefined;
  constructor(text: string) {
    super(text);
    const facts = text.slice(text.lastIndexOf('\n') + 1);
    this.code = facts.startsWith('{') ? (JSON.parse(facts) as { code?: string }).code : undefined;
  }
}

interface Message {
  readonly type: number;
  readonly invocationId?: string;
  readonly target?: string;
  readonly arguments?: readonly unknown[];
  readonly result?: unknown;
  readonly error?: string;
}

export class HubClient {
  readonly events: { readonly name: string; readonly args: readonly unknown[] }[] = [];
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #pending = new Map<string, PromiseWithResolvers<unknown>>();
  readonly #shaken = Promise.withResolvers<void>();
  #isShaken = false;
  #nextId = 0;

  static overSocket(path: string, token?: string): Promise<HubClient> {
    return HubClient.connect(`ws+unix:${path}:/agent`, token === undefined ? {} : { authorization: `Bearer ${token}` });
  }

  /** Rejects with `Error('HTTP <status>')` when the upgrade is refused. */
  static async connect(url: string, headers: Record<string, string>): Promise<HubClient> {
    const client = new HubClient(new WebSocket(url, { headers, perMessageDeflate: false }));
    await client.#shaken.promise;
    return client;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise(resolve => socket.on('close', () => resolve()));
    socket.on('unexpected-response', (request, response) => {
      this.#shaken.reject(new Error(`HTTP ${response.statusCode}`));
      request.destroy();
    });
    socket.on('error', error => this.#shaken.reject(error));
    socket.on('open', () => socket.send(`{"protocol":"json","version":1}${recordEnd}`));
    socket.on('message', data => {
      for (const text of String(data).split(recordEnd)) if (text !== '') this.#heard(JSON.parse(text) as Message);
    });
    socket.on('close', () => {
      this.#shaken.reject(new Error('closed'));
      for (const { reject } of this.#pending.values()) reject(new Error('closed'));
    });
    this.closed.catch(() => {});
  }

  invoke<T = unknown>(target: string, ...args: unknown[]): Promise<T> {
    const id = String(this.#nextId++);
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, answer);
    this.sendRaw(`${JSON.stringify({ type: 1, invocationId: id, target, arguments: args })}${recordEnd}`);
    return answer.promise as Promise<T>;
  }

  sendRaw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  close(): void {
    this.#socket.terminate();
  }

  #heard(message: Message): void {
    if (!this.#isShaken) {
      this.#isShaken = true;
      if (message.error === undefined) this.#shaken.resolve();
      else this.#shaken.reject(new Error(message.error));
      return;
    }
    if (message.type === 1) this.events.push({ name: message.target ?? '', args: message.arguments ?? [] });
    if (message.type !== 3) return;
    const answer = this.#pending.get(message.invocationId ?? '');
    this.#pending.delete(message.invocationId ?? '');
    if (message.error === undefined) answer?.resolve(message.result);
    else answer?.reject(new HubFailure(message.error));
  }
}
