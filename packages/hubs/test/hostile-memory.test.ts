// What hostile clients can make a server keep: bytes written to raw sockets, in both protocols, four attackers at a time.
// Whatever they send, the server's memory stays within a bound while they are there and comes back when they are gone, and
// a bystander is served.
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { waitFor } from '@longhaul/testing';
import type { HubConnection } from '@microsoft/signalr';
import { encode } from '@msgpack/msgpack';
import { connected } from './official-client.ts';

const attackers = 4;
/** What one attacker may hold: what a connection may be owed (1 MiB), and its input and calls. */
const boundBytes = attackers * 2_000_000;
const leftBytes = 1_500_000;

type Message = readonly unknown[];
const protocols = ['json', 'messagepack'] as const;
type Protocol = (typeof protocols)[number];

/** A message is given as MessagePack lays it out; JSON is made from that. */
const fields: Readonly<Record<number, readonly string[]>> = {
  1: ['invocationId', 'target', 'arguments', 'streamIds'],
  2: ['invocationId', 'item'],
  4: ['invocationId', 'target', 'arguments', 'streamIds'],
  5: ['invocationId'],
  6: [],
};
function written(protocol: Protocol, [type, ...rest]: Message): Buffer {
  if (protocol === 'json') {
    const named = fields[type as number]!.map((name, at) => [name, rest[at]] as const);
    return Buffer.from(`${JSON.stringify({ type, ...Object.fromEntries(named) })}\u001e`);
  }
  const body = encode(type === 6 ? [6] : [type, {}, ...rest]);
  const length: number[] = [];
  for (let left = body.length; ; left >>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) return Buffer.concat([Buffer.from(length), body]);
  }
}

/** One binary frame with a mask of zeros; `announced` bytes are said to follow. */
function frame(payload: Buffer, announced = payload.length): Buffer {
  const size = announced < 126 ? 0 : announced < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + size + 4);
  head[0] = 0x82;
  head[1] = 0x80 | (size === 0 ? announced : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(announced, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(announced), 2);
  return Buffer.concat([head, payload]);
}

/** Frames of about 30 KB, one after the other. */
function* frames(protocol: Protocol, messages: Iterable<Message>): Generator<Buffer> {
  let batch: Buffer[] = [];
  let size = 0;
  for (const message of messages) {
    const bytes = written(protocol, message);
    batch.push(bytes);
    size += bytes.length;
    if (size < 30_000) continue;
    yield frame(Buffer.concat(batch));
    batch = [];
    size = 0;
  }
  if (batch.length > 0) yield frame(Buffer.concat(batch));
}

function* times(count: number, make: (n: number) => Message): Generator<Message> {
  for (let n = 0; n < count; n += 1) yield make(n);
}

const nest = (depth: number): unknown => {
  let value: unknown = [];
  for (let n = 0; n < depth; n += 1) value = [value];
  return value;
};

/** `reads`: the attacker takes what it is sent. */
interface Attack {
  readonly name: string;
  readonly reads: boolean;
  readonly bytes: (protocol: Protocol) => Iterable<Buffer>;
}
const attack = (name: string, count: number, make: (n: number) => Message, reads = true): Attack => ({
  name,
  reads,
  bytes: protocol => frames(protocol, times(count, make)),
});

const attacks: readonly Attack[] = [
  {
    name: 'one message without an end',
    reads: true,
    *bytes(protocol) {
      const start = protocol === 'json' ? Buffer.from('{"type":1,"target":"') : Buffer.of(0xff, 0xff, 0xff, 0xff, 0x07);
      yield frame(start);
      for (let n = 0; n < 60; n += 1) yield frame(Buffer.alloc(50_000, 0x61));
    },
  },
  {
    name: 'a frame that announces a terabyte',
    reads: true,
    *bytes() {
      yield frame(Buffer.alloc(0), 2 ** 40);
      for (let n = 0; n < 100; n += 1) yield Buffer.alloc(50_000);
    },
  },
  attack('pings', 30_000, () => [6]),
  attack('cancels of ids that nobody gave', 8_000, n => [5, `no-${n}`]),
  attack('items for streams that nobody opened', 8_000, n => [2, `no-${n}`, 'x']),
  attack('unknown methods, each of another name', 4_000, n => [1, `${n}`, `method-${n}`, [], []]),
  attack('calls that never end', 10_000, n => [1, `${n}`, 'hang', [], []]),
  attack('streams that never end', 5_000, n => [4, `${n}`, 'waiting', [], []]),
  attack('groups', 3_000, n => [1, undefined, 'join', [`group-${n}`], []].map(v => v ?? null)),
  attack('an upload that nobody reads', 8_000, n =>
    n === 0 ? [1, '1', 'hoard', [], ['s']] : [2, 's', 'x'.repeat(500)],
  ),
  attack('nests of arrays', 500, () => [1, '1', 'echo', [nest(90)], []]),
  attack('__proto__ keys', 1_000, () => [1, '1', 'echo', [JSON.parse('{"__proto__":{"isAdmin":true}}')], []]),
  attack('echoes that nobody reads', 1_000, () => [1, '1', 'echo', ['x'.repeat(20_000)], []], false),
];

describe('the memory of a server under attack', () => {
  let server: ChildProcess;
  let url: string;
  let bystander: HubConnection;

  async function memory(): Promise<{ bytes: number; connections: number }> {
    server.send('memory');
    const [answer] = await once(server, 'message');
    return answer as { bytes: number; connections: number };
  }

  before(async () => {
    server = fork(path.join(import.meta.dirname, 'hostile-server.ts'), {
      execArgv: ['--conditions=longhaul-source', '--expose-gc'],
    });
    const [{ port }] = (await once(server, 'message')) as [{ port: number }];
    url = `http://127.0.0.1:${port}`;
    const stops: (() => unknown)[] = [];
    bystander = await connected({ after: (stop: () => unknown) => stops.push(stop) } as never, `${url}/hub`);
  });
  after(async () => {
    await bystander?.stop();
    server.disconnect();
    if (server.exitCode === null) await once(server, 'exit');
  });

  /** Opens a hub connection by hand; what the server says is read and dropped, or not read. */
  async function intrude(protocol: Protocol, reads: boolean): Promise<Socket> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      'GET /hub HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    socket.write(frame(Buffer.from(`{"protocol":"${protocol}","version":1}\u001e`)));
    let heard = '';
    await new Promise<void>((resolve, reject) => {
      socket.once('close', () => reject(new Error(`hung up after ${JSON.stringify(heard)}`)));
      const listen = (chunk: Buffer): void => {
        heard += chunk.toString('latin1');
        if (!heard.includes('{}\u001e')) return;
        socket.off('data', listen);
        resolve();
      };
      socket.on('data', listen);
    });
    if (reads) socket.resume();
    else socket.pause();
    return socket;
  }

  /** Writes until everything is taken, the server hangs up, or it has taken nothing for a while. */
  async function assault(socket: Socket, bytes: Iterable<Buffer>): Promise<void> {
    for (const part of bytes) {
      if (socket.destroyed || socket.writableEnded) return;
      if (socket.write(part)) continue;
      const patience = AbortSignal.timeout(150);
      await Promise.race(['drain', 'close'].map(event => once(socket, event, { signal: patience }))).catch(() => {});
      if (patience.aborted) return;
    }
  }

  for (const protocol of protocols) {
    for (const { name, reads, bytes } of attacks) {
      test(`${name} (${protocol})`, async t => {
        const before = await memory();
        assert.equal(before.connections, 1);
        const sockets = await Promise.all(Array.from({ length: attackers }, () => intrude(protocol, reads)));
        await Promise.all(sockets.map(socket => assault(socket, bytes(protocol))));
        assert.equal(await bystander.invoke('ping'), 'pong');
        const during = await memory();
        for (const socket of sockets) socket.destroy();
        await waitFor('the attackers to be gone', async () => (await memory()).connections === 1);
        assert.equal(await bystander.invoke('ping'), 'pong');
        const left = (await memory()).bytes - before.bytes;
        const grown = during.bytes - before.bytes;
        t.diagnostic(`${Math.round(grown / 1_000)} KB while ${attackers} attack, ${Math.round(left / 1_000)} KB left`);
        assert.ok(grown < boundBytes, `${grown} bytes more`);
        assert.ok(left < leftBytes, `${left} bytes left`);
      });
    }
  }
});
