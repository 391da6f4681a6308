import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jsonProtocol } from '../protocol/json.ts';
import { WireMessage } from '../protocol/outgoing-message.ts';
import type { WireData } from '../protocol/protocol.ts';
import type { Chunk, Transport } from '../transports/transport.ts';
import { TransportLink } from './link.ts';

/** A transport that gives what it is told to give. */
class ScriptedTransport implements Transport {
  readonly name = 'WebSockets';
  readonly transferFormats = ['Text'] as const;
  readonly bufferedBytes = 0;
  readonly written: unknown[] = [];
  readonly #closed = Promise.withResolvers<Error | undefined>();
  readonly #chunks: WireData[] = [];
  #wanted = Promise.withResolvers<WireData | undefined>();
  isClosed = false;

  whenClosed(told: (error: Error | undefined) => void): void {
    void this.#closed.promise.then(told);
  }

  give(chunk: WireData): void {
    this.#chunks.push(chunk);
    this.#wanted.resolve(undefined);
  }

  lose(error: Error): void {
    this.#wanted.promise.catch(() => {});
    this.#wanted.reject(error);
    this.#closed.resolve(error);
  }

  tryReceive(): undefined {
    return undefined;
  }

  async receive(): Promise<Chunk | undefined> {
    await this.#wanted.promise;
    const data = this.#chunks.shift();
    return data === undefined ? undefined : { data };
  }

  async write({ data }: WireMessage): Promise<void> {
    this.written.push(data);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.#wanted.resolve(undefined);
    this.#closed.resolve(undefined);
  }
}

const settings = {
  protocol: jsonProtocol,
  limits: { statefulReconnectBufferSize: 1_000, applicationMaxBufferSize: 1_000 },
  windowMs: 1_000,
  now: () => 0,
};

describe('the link of a connection', () => {
  test('who waits for bytes gets those of the transport that took the place of the first', async () => {
    const [first, second] = [new ScriptedTransport(), new ScriptedTransport()];
    const ends: unknown[] = [];
    const link = new TransportLink(first, {
      transportClosed: error => ends.push(error),
      transportLost: () => assert.fail('it was closed'),
    });
    link.keepForResumption(settings);
    const received = link.receive();
    link.replace(second);
    second.give('again');
    assert.deepEqual(await received, { data: 'again' });
    assert.equal(first.isClosed, true);
    await link.write(new WireMessage('x', 'Text', false));
    assert.deepEqual([first.written, second.written], [[], ['{"type":9,"sequenceId":1}\u001e', 'x']]);
    assert.deepEqual(ends, []);
  });

  test("the loss of a replaced transport is nobody's business, that of the last one is", async () => {
    const [first, second] = [new ScriptedTransport(), new ScriptedTransport()];
    const ends: unknown[] = [];
    const link = new TransportLink(first, {
      transportClosed: error => ends.push(error),
      transportLost: () => assert.fail('it was closed'),
    });
    link.keepForResumption(settings);
    link.replace(second);
    first.lose(new Error('first'));
    const received = link.receive();
    second.lose(new Error('second'));
    await assert.rejects(received, { message: 'second' });
    await new Promise<unknown>(resolve => second.whenClosed(resolve));
    assert.deepEqual(
      ends.map(error => (error as Error).message),
      ['second'],
    );
  });
});
