// Clients for the HTTP side of a hub that do by hand what the official one does: polls, event streams, POSTs.
import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { jsonHandshake } from './bare-client.ts';
import { negotiate } from './host.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.text(), headers: response.headers };
}

export const post = (url: string, ...records: string[]): Promise<Answer> =>
  ask(url, { method: 'POST', body: records.map(record => `${record}\u001e`).join('') });

/** The URL that opens a connection just negotiated. */
export async function negotiated(hubUrl: string, headers: Record<string, string> = {}): Promise<string> {
  const { connectionToken } = await negotiate(hubUrl, '?negotiateVersion=1', headers);
  return `${hubUrl}?id=${connectionToken}`;
}

/** A polling connection after its first poll and its handshake; the answer `{}` has been fetched. */
export async function polling(hubUrl: string): Promise<string> {
  const target = await negotiated(hubUrl);
  assert.equal((await ask(target)).status, 200);
  assert.equal((await post(target, jsonHandshake)).status, 200);
  assert.equal((await ask(target)).body, '{}\u001e');
  return target;
}

/** An open event stream; `text` is all that has come so far. */
export interface EventStream {
  readonly response: IncomingMessage;
  text: string;
  readonly ended: Promise<void>;
  close(): void;
}

export async function eventStream(t: TestContext, target: string): Promise<EventStream> {
  const asked = request(target, { headers: { accept: 'text/event-stream' } });
  asked.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.on('response', resolve).on('error', reject);
  });
  const ended = Promise.withResolvers<void>();
  const stream = { response, text: '', ended: ended.promise, close: () => void asked.destroy() };
  response.setEncoding('utf8').on('data', text => {
    stream.text += text;
  });
  response.on('close', () => ended.resolve()).on('error', () => {});
  t.after(() => asked.destroy());
  return stream;
}

/** A request whose body is sent by hand, byte by byte if need be. */
export function rawRequest(t: TestContext, url: string, head: string): { socket: Socket; answer: Promise<string> } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  t.after(() => socket.destroy());
  let text = '';
  const answer = new Promise<string>(resolve => {
    socket.on('data', chunk => {
      // A body of many megabytes is not looked through again and again.
      if (text.includes('\r\n\r\n')) return;
      text += chunk;
      if (text.includes('\r\n\r\n')) resolve(text);
    });
    socket.on('close', () => resolve(text)).on('error', () => {});
  });
  socket.write(head.replaceAll('\n', '\r\n'));
  return { socket, answer };
}
