// The built page with thousands of transfers: files, login and hub answered in the browser's own network layer, so that
// the page alone is at work. The hub speaks SignalR's JSON protocol as far as the page needs it.
import path from 'node:path';
import type { SocketRecord, TransferRecord } from '@longhaul/agent-protocol';
import type { Page, WebSocketRoute } from 'playwright-core';

const origin = 'http://longhaul.test';
const separator = '\u001e';
const dist = path.join(import.meta.dirname, '../dist');

export const crowdLink = `${origin}/#code=once`;

export interface CrowdAgent {
  /** Tells the page that records have changed, in one message. */
  tell(records: readonly TransferRecord[]): void;
  tellSockets(records: readonly SocketRecord[]): void;
}

/** Answers everything that `page` asks for at `crowdLink`. */
export async function serveCrowd(
  page: Page,
  records: readonly TransferRecord[],
  sockets: readonly SocketRecord[] = [],
): Promise<CrowdAgent> {
  let hub: WebSocketRoute | undefined;
  const send = (...messages: object[]) =>
    hub?.send(messages.map(message => JSON.stringify(message) + separator).join(''));
  const answers: { readonly [method: string]: (...args: string[]) => unknown } = {
    watchTransfers: () => records,
    watchSockets: () => sockets,
    watchTasks: () => [],
    listRuns: () => [],
    getLimits: () => ({ maxBytesPerSecond: null, maxActive: 16 }),
    getTransferDetails: id => ({ id, ranges: [], attempts: [], rateHistory: [] }),
    getStatus: () => ({
      running: true,
      pid: 1,
      keeperPid: 1,
      version: '0',
      socket: '/',
      dashboardUrl: null,
      startedAt: 0,
    }),
  };
  await page.route(`${origin}/**`, route => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/login') return route.fulfill({ json: { token: 'token', role: 'browser' } });
    if (pathname === '/agent/negotiate') {
      const availableTransports = [{ transport: 'WebSockets', transferFormats: ['Text'] }];
      const json = { negotiateVersion: 1, connectionId: 'c', connectionToken: 't', availableTransports };
      return route.fulfill({ json });
    }
    return route.fulfill({ path: path.join(dist, pathname === '/' ? 'index.html' : pathname) });
  });
  await page.routeWebSocket(/\/agent/, socket => {
    hub = socket;
    socket.onMessage(frame => {
      for (const text of String(frame).split(separator).filter(Boolean)) {
        const message = JSON.parse(text);
        if (message.protocol !== undefined) send({});
        if (message.type !== 1) continue;
        const result = answers[message.target]?.(...message.arguments);
        send({ type: 3, invocationId: message.invocationId, result });
      }
    });
  });
  return {
    tell: changed => send(...changed.map(record => ({ type: 1, target: 'transferChanged', arguments: [record] }))),
    tellSockets: changed => send(...changed.map(record => ({ type: 1, target: 'socketChanged', arguments: [record] }))),
  };
}
