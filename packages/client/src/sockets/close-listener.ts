// Closes a listener that lives on elsewhere: Node takes the file of a Unix socket away with it, so the file is kept here.
import type { Server } from 'node:net';

// Not by `import`: every task would wait until all of it is ready (decision 176).
const { linkSync, renameSync, rmSync } = process.getBuiltinModule('node:fs');

/** Connections that it has accepted stay open. */
export function closeListener(server: Server): void {
  const path = server.address();
  if (typeof path !== 'string' || path.startsWith('\0')) return void server.close();
  const spare = `${path}.${crypto.randomUUID()}`;
  try {
    linkSync(path, spare);
  } catch {
    return void server.close(); // somebody has taken it away already
  }
  server.close();
  renameSync(spare, path); // does nothing where Node has left the file alone
  rmSync(spare, { force: true });
}
