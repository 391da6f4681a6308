// Starting the keeper through systemd, so that it belongs to the user and not to the app that happened to need it first.
// A transient service: nothing is installed. `usableManager` says whether there is a manager that answers.
import { spawn } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaults } from '../options.ts';

export type ServiceManager = 'user' | 'system';

export interface ServiceCommand {
  readonly unit: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Names only: systemd-run takes the values from its own environment, so that none is seen in `ps`. */
  readonly environmentNames: readonly string[];
  /** Names the manager may have and the service must not. */
  readonly unsetNames: readonly string[];
  readonly umask: string;
  readonly errorFile: string;
}

/** The manager of this user; root without a session has the system's. `undefined`: none that we may ask. */
export function usableManager(
  env: NodeJS.ProcessEnv,
  userId: number,
  bootedFlag = '/run/systemd/system',
): ServiceManager | undefined {
  if (env.XDG_RUNTIME_DIR && exists(join(env.XDG_RUNTIME_DIR, 'systemd', 'private'))) return 'user';
  return userId === 0 && exists(bootedFlag) ? 'system' : undefined;
}

/** Arguments of systemd-run. Pure. */
export function systemdRunArguments(manager: ServiceManager, command: ServiceCommand): string[] {
  const properties = [
    'Type=exec',
    // The keeper is told first and ends its agent in order; what is left is killed.
    'KillMode=mixed',
    `TimeoutStopSec=${Math.ceil(defaults.keeper.stopDeadlineMs / 1_000) + 5}`,
    'Restart=on-abnormal',
    `UMask=${command.umask}`,
    ...command.unsetNames.map(name => `UnsetEnvironment=${name}`),
    'WorkingDirectory=/',
    'StandardOutput=null',
    `StandardError=append:${command.errorFile.replaceAll('%', '%%')}`,
  ];
  return [
    manager === 'user' ? '--user' : '--system',
    '--quiet',
    '--collect',
    '--no-ask-password',
    `--unit=${command.unit}`,
    '--description=Longhaul agent',
    ...properties.map(property => `--property=${property}`),
    ...command.environmentNames.map(name => `--setenv=${name}`),
    '--',
    command.program,
    ...command.args,
  ];
}

/** True when the manager has started the service. Its own message stays unheard: the caller has another way. */
export function startService(
  manager: ServiceManager,
  command: ServiceCommand,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const child = spawn('systemd-run', systemdRunArguments(manager, command), {
    env,
    stdio: 'ignore',
    timeout: defaults.launch.serviceManagerTimeoutMs,
    killSignal: 'SIGKILL',
  });
  child.on('error', () => resolve(false));
  child.on('exit', code => resolve(code === 0));
  return promise;
}

/** The file mode mask that files of this process get; reading it must not change it. */
export function currentUmask(): string {
  try {
    return /^Umask:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0022';
  } catch {
    return '0022';
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
