// Bare WebSockets that speak to a hub by hand, and keep what they hear.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import WebSocket from 'ws';

/** A client that says what it is told to, and keeps what it hears. */
export class BareClient {
  readonly socket: WebSocket;
  /** Records without their separators. */
  readonly heard: string[] = [];
  readonly frames: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', data => {
      this.frames.push(String(data));
      this.heard.push(...String(data).split('\u001e').slice(0, -1));
      this.#wake?.();
    });
    this.closed = new Promise(resolve => {
      socket.on('close', (code, reason) => {
        this.#isClosed = true;
        this.#wake?.();
        resolve({ code, reason: String(reason) });
      });
    });
    socket.on('error', () => {});
  }

  send(...records: string[]): void {
    this.socket.send(records.map(record => `${record}\u001e`).join(''));
  }

  /** Waits for the next record that is none of the pings. */
  async next(): Promise<string> {
    for (;;) {
      const record = this.heard.shift();
      if (record !== undefined && record !== '{"type":6}') return record;
      if (record !== undefined) continue;
      if (this.#isClosed) throw new Error('the connection was closed');
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}

export const jsonHandshake = '{"protocol":"json","version":1}';

/** An open WebSocket without a handshake. */
export async function bareClient(
  t: TestContext,
  url: string,
  headers: Record<string, string> = {},
): Promise<BareClient> {
  const socket = new WebSocket(url.replace('http:', 'ws:'), { headers, perMessageDeflate: false });
  t.after(() => socket.terminate());
  const client = new BareClient(socket);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return client;
}

/** After the handshake. */
export async function bareHubClient(t: TestContext, url: string): Promise<BareClient> {
  const client = await bareClient(t, url);
  client.send(jsonHandshake);
  assert.equal(await client.next(), '{}');
  return client;
}

/** The status that a WebSocket request is refused with, and what came with it. */
export async function refusedUpgrade(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string; type: string | undefined }> {
  const socket = new WebSocket(url.replace('http:', 'ws:'), { headers });
  socket.on('error', () => {});
  return await new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate();
      reject(new Error('the WebSocket was accepted'));
    });
    socket.on('unexpected-response', async (_request, response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode!, body, type: response.headers['content-type'] });
    });
  });
}
