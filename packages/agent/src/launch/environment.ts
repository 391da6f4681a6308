// Which variables of the first caller's environment the agent gets. It serves many apps and lives for weeks, so it must not
// carry one app's secrets, debugger flags or preloads: an allow-list.

const names = new Set([
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'PATH',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'NODE_V8_COVERAGE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'all_proxy',
  'DBUS_SYSTEM_BUS_ADDRESS',
  'DBUS_SESSION_BUS_ADDRESS',
]);
const prefixes = ['LC_', 'XDG_', 'LONGHAUL_'];

/** The agent's environment, with the folders made absolute: the agent's current folder is `/`. */
export function agentEnvironment(env: NodeJS.ProcessEnv, absoluteHome: string | undefined): NodeJS.ProcessEnv {
  const chosen: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(env)) {
    if (names.has(name) || prefixes.some(prefix => name.startsWith(prefix))) chosen[name] = value;
  }
  if (absoluteHome !== undefined) chosen.LONGHAUL_HOME = absoluteHome;
  return chosen;
}

/** Variables that say where the store is: whoever starts the agent for us must not have other values of its own. */
export const placeNames: readonly string[] = Object.freeze([
  'LONGHAUL_HOME',
  'XDG_STATE_HOME',
  'XDG_RUNTIME_DIR',
  'XDG_DATA_HOME',
  'HOME',
  'TMPDIR',
]);
