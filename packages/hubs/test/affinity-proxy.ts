// A load balancer as hubs on several processes stand behind it: who has no cookie goes to the next server in turn and is told
// which one it was; who sends the cookie goes to that one.
import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export async function affinityProxy(t: TestContext, targets: readonly string[]): Promise<{ readonly url: string }> {
  let turn = 0;
  const named = ({ headers }: IncomingMessage): number | undefined => {
    const name = /affinity=(\d+)/.exec(headers.cookie ?? '')?.[1];
    return name === undefined ? undefined : Number(name);
  };
  const server = createServer((asked, answer) => {
    const known = named(asked);
    const at = known ?? turn++ % targets.length;
    const forward = request(new URL(asked.url ?? '/', targets[at]), { method: asked.method!, headers: asked.headers });
    forward.on('response', response => {
      if (known === undefined) answer.setHeader('Set-Cookie', `affinity=${at}; Path=/; HttpOnly`);
      answer.writeHead(response.statusCode!, response.headers);
      response.pipe(answer);
      // An event stream has sent its headers long before its end.
      answer.flushHeaders();
    });
    forward.on('error', () => answer.destroy());
    answer.on('close', () => forward.destroy());
    asked.pipe(forward);
  });
  const sockets = new Set<Socket>();
  server.on('connection', socket => sockets.add(socket.on('close', () => sockets.delete(socket))));
  server.on('upgrade', (asked: IncomingMessage, near: Socket, head: Buffer) => {
    const { port, hostname } = new URL(targets[named(asked) ?? turn++ % targets.length]!);
    const far = connect(Number(port), hostname);
    const { rawHeaders } = asked;
    const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
    far.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    far.write(head);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => {}).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise(resolve => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
