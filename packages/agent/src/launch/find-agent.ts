// Finding the one agent of a store: the endpoint file says where its socket is, a connection that succeeds says that its
// keeper lives. Starts nothing.
import { connect } from 'node:net';
import { defaults } from '../options.ts';
import { type Paths, resolvePaths } from '../paths.ts';
import { checkPrivateFolder } from '../platform/private-folder.ts';
import { type Endpoint, readEndpoint } from './endpoint.ts';

/** @throws LonghaulError `unsafe-folder`, `access-denied` when what is there cannot be trusted */
export async function findAgent(options: { env?: NodeJS.ProcessEnv | undefined } = {}): Promise<Endpoint | undefined> {
  return findAgentOf(resolvePaths(options.env));
}

export async function findAgentOf(paths: Paths): Promise<Endpoint | undefined> {
  if (!checkPrivateFolder(paths.stateFolder)) return undefined;
  const endpoint = readEndpoint(paths);
  return endpoint !== undefined && (await isListening(endpoint.socketPath)) ? endpoint : undefined;
}

function isListening(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ path: socketPath, timeout: defaults.launch.connectTimeoutMs });
  const settle = (isConnected: boolean) => {
    socket.destroy();
    resolve(isConnected);
  };
  socket.on('connect', () => settle(true));
  socket.on('timeout', () => settle(false));
  socket.on('error', () => settle(false));
  return promise;
}
