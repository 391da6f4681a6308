// Tells where a server listens.
import type { AddressInfo } from 'node:net';

export function announce(server: { address(): string | AddressInfo | null }): void {
  console.log(`listening on port ${(server.address() as AddressInfo).port}`);
}
