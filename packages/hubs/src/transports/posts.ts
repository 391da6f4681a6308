// What clients of event streams and polls say (§4.4): POSTs of one connection, one after the other, each answered when its
// bytes are with the connection.
import type { AnyRequest, AnyResponse } from '@longhaul/websockets';
import { reply, replyBusy } from './answers.ts';
import type { ClientChannel } from './client-channel.ts';
import { PostBody } from './post-body.ts';

export class Posts {
  readonly #maxPostBytes: number;
  readonly #bodies = new Set<PostBody>();

  constructor(maxPostBytes: number) {
    this.#maxPostBytes = maxPostBytes;
  }

  /** Gives a body up that comes too slowly. */
  tick(now: number): void {
    for (const body of this.#bodies) body.tick(now);
  }

  async receive(request: AnyRequest, response: AnyResponse, channel: ClientChannel): Promise<void> {
    const end = await channel.inTurn(async () => {
      const body = new PostBody(request, channel.inbox, this.#maxPostBytes, performance.now());
      this.#bodies.add(body);
      try {
        return await body.receive();
      } finally {
        this.#bodies.delete(body);
      }
    });
    if (end === undefined) return replyBusy(response, 1);
    if (end === 'received') return reply(response, 200, '', 'text/plain');
    if (end === 'disposed') return reply(response, 404);
    if (end === 'gone') return reply(response, 400);
    // What is left of the body is not read: on HTTP/1.1 nothing else can come over this connection.
    if (request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
    reply(response, end === 'too-large' ? 413 : 408);
  }
}
