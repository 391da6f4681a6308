// A TCP proxy that cuts the connections going through it: at once, both halves, whatever is on the way.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export class CuttingProxy {
  /** `http://127.0.0.1:port` of the proxy. */
  readonly url: string;
  readonly #pairs: Set<readonly [Socket, Socket]>;
  /** While true nobody gets through. */
  isBarred = false;
  cuts = 0;
  /** Connections that have come so far. */
  accepted = 0;

  constructor(url: string, pairs: Set<readonly [Socket, Socket]>) {
    this.url = url;
    this.#pairs = pairs;
  }

  /** How many connections go through it now. */
  get count(): number {
    return this.#pairs.size;
  }

  /** Bytes that were read off one side and not delivered to the other are lost with it. */
  cut(): void {
    for (const pair of this.#pairs) {
      this.cuts += 1;
      for (const socket of pair) socket.resetAndDestroy();
    }
  }
}

/** In front of the server at `target`. */
export async function cuttingProxy(t: TestContext, target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  let proxy: CuttingProxy | undefined;
  const server = createServer(near => {
    if (proxy?.isBarred === true) {
      near.resetAndDestroy();
      return;
    }
    if (proxy !== undefined) proxy.accepted += 1;
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near]] as const) {
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  proxy = new CuttingProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, pairs);
  t.after(async () => {
    proxy.isBarred = true;
    proxy.cut();
    await new Promise(resolve => server.close(resolve));
  });
  return proxy;
}
