// Where everything of one user's agent is: XDG folders, or one folder when LONGHAUL_HOME is set. Environment in, absolute
// paths out; nothing is created here (see platform/private-folder.ts). Public as @longhaul/agent/paths.
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { LonghaulError } from '@longhaul/agent-protocol';

export interface Paths {
  /** Database, locks, grants, logs. `$XDG_STATE_HOME/longhaul`, mode 0700. One agent serves one state folder. */
  readonly stateFolder: string;
  /** `$XDG_DATA_HOME/longhaul`: the pinned Node of the bootstrap. */
  readonly dataFolder: string;
  /** `$XDG_RUNTIME_DIR/longhaul`, mode 0700; without one a private folder in the temporary folder. */
  readonly runtimeFolder: string;
  /** The Unix socket a new keeper listens on. A running one's is in `endpointFile`: callers may have other runtime folders. */
  readonly socketPath: string;
  /** The socket that descriptors go through, beside it. */
  readonly socketDoorPath: string;
  /** Says where the running agent's socket is. In the state folder, so that every caller of this store finds the one agent. */
  readonly endpointFile: string;
  /** The agent's log, JSON lines. */
  readonly logFile: string;
  /** What keeper and agent write to stderr: what could not reach the log. */
  readonly crashLogFile: string;
  /** One file (0600) for each registered app: who can read it is the app. */
  readonly grantsFolder: string;
  /** The token (0600) that makes a caller on the Unix socket the owner. */
  readonly ownerTokenFile: string;
}

/** `sun_path` of Linux holds 108 bytes with the closing zero. */
export const maxSocketPathBytes = 107;

/**
 * The paths that `env` asks for. Relative XDG values are ignored, as the XDG specification demands; `LONGHAUL_HOME` may be
 * relative to the current folder.
 */
export function resolvePaths(env: NodeJS.ProcessEnv = process.env): Paths {
  const home = env.LONGHAUL_HOME;
  if (home) {
    const root = resolve(home);
    const stateFolder = join(root, 'state');
    const runtimeFolder = join(root, 'run');
    return complete(env, stateFolder, join(root, 'data'), runtimeFolder, 'agent.sock');
  }
  const userHome = absolute(env.HOME) ?? homedir();
  const stateFolder = join(absolute(env.XDG_STATE_HOME) ?? join(userHome, '.local', 'state'), 'longhaul');
  const dataFolder = join(absolute(env.XDG_DATA_HOME) ?? join(userHome, '.local', 'share'), 'longhaul');
  const runtimeRoot = absolute(env.XDG_RUNTIME_DIR);
  const runtimeFolder =
    runtimeRoot !== undefined && isFolder(runtimeRoot)
      ? join(runtimeRoot, 'longhaul')
      : join(temporaryFolder(env), `longhaul-${userId()}`);
  // Two stores of one user share the runtime folder: the name of the socket tells them apart.
  return complete(env, stateFolder, dataFolder, runtimeFolder, `agent-${shortHash(stateFolder)}.sock`);
}

/** The folders a keeper or agent must find private (created when missing), outermost first. */
export function privateFolders(paths: Paths): string[] {
  return [...new Set([paths.stateFolder, paths.grantsFolder, paths.runtimeFolder, dirname(paths.socketPath)])];
}

function complete(
  env: NodeJS.ProcessEnv,
  stateFolder: string,
  dataFolder: string,
  runtimeFolder: string,
  socketName: string,
): Paths {
  const socketPath = fittingSocketPath(env, join(runtimeFolder, socketName));
  return Object.freeze({
    stateFolder,
    dataFolder,
    runtimeFolder,
    socketPath,
    // No longer than the other, which fits.
    socketDoorPath: join(dirname(socketPath), basename(socketPath).replace('agent', 'door')),
    endpointFile: join(stateFolder, 'endpoint.json'),
    logFile: join(stateFolder, 'agent.log'),
    crashLogFile: join(stateFolder, 'crash.log'),
    grantsFolder: join(stateFolder, 'grants'),
    ownerTokenFile: join(stateFolder, 'owner-token'),
  });
}

/** The wanted path, or one in a short private folder named by its hash where the kernel could not take it. */
function fittingSocketPath(env: NodeJS.ProcessEnv, wanted: string): string {
  if (Buffer.byteLength(wanted) <= maxSocketPathBytes) return wanted;
  const name = join(`longhaul-${userId()}-${shortHash(wanted)}`, 'agent.sock');
  for (const root of [temporaryFolder(env), '/tmp']) {
    const path = join(root, name);
    if (Buffer.byteLength(path) <= maxSocketPathBytes) return path;
  }
  throw new LonghaulError('invalid-argument', `no socket path of at most ${maxSocketPathBytes} bytes for ${wanted}`);
}

const absolute = (path: string | undefined): string | undefined => (path && isAbsolute(path) ? path : undefined);
const temporaryFolder = (env: NodeJS.ProcessEnv): string => absolute(env.TMPDIR) ?? '/tmp';
const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

function userId(): number {
  if (process.getuid === undefined)
    throw new LonghaulError('invalid-argument', 'Longhaul runs on Linux and other Unixes only');
  return process.getuid();
}
