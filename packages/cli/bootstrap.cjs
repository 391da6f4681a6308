// Finds a Node that can run us, for the `longhaul` command and for the repository's own scripts (DESIGN decision 1).
// Old Nodes parse this file, so it is plain JavaScript of 2015 and uses nothing newer. In: what to run. Out: the path of a
// Node of at least `minimumMajor`: the running one, or the pinned one, fetched once from the npm registry into our data
// folder, where agents and service units find it as long as they live.
'use strict';

const childProcess = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const minimumMajor = 24;
const pinnedVersion = '26.10.0';
const pinnedNpmVersion = '11.19.1';
/** Set for the second round: whoever sees it and still runs on an old Node stops instead of going round. */
const guard = 'LONGHAUL_BOOTSTRAPPED';

function majorOf(version) {
  return Number(String(version).replace(/^v/, '').split('.')[0]);
}

function fail(message) {
  process.stderr.write('longhaul: ' + message + '\n');
  process.exit(1);
}

/** As `dataFolder` of the agent's paths: everything under LONGHAUL_HOME, else XDG. */
function dataFolder(env) {
  if (env.LONGHAUL_HOME) return path.join(path.resolve(env.LONGHAUL_HOME), 'data');
  const base = env.XDG_DATA_HOME && path.isAbsolute(env.XDG_DATA_HOME) ? env.XDG_DATA_HOME : '';
  return path.join(base || path.join(os.homedir(), '.local', 'share'), 'longhaul');
}

/** The npm that came with this Node, as [command, leading arguments]. */
function npmCommand(env) {
  if (env.npm_execpath && /\.c?js$/.test(env.npm_execpath)) return [process.execPath, [env.npm_execpath]];
  const beside = path.join(path.dirname(process.execPath), 'npm');
  return [fs.existsSync(beside) ? beside : 'npm', []];
}

function runNpm(npm, args, cwd) {
  return childProcess.spawnSync(npm[0], npm[1].concat(args), {
    cwd: cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: Object.assign({}, process.env, { npm_config_loglevel: 'error', npm_config_update_notifier: 'false' }),
  });
}

function versionOf(node) {
  const result = childProcess.spawnSync(node, ['--version'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : '';
}

/** Puts one npm package into `target` (absent before), whole or not at all. */
function fetchPackage(npm, name, version, target) {
  const parent = path.dirname(target);
  mkdirs(parent);
  const work = fs.mkdtempSync(path.join(parent, '.fetch-'));
  try {
    fs.writeFileSync(path.join(work, 'package.json'), '{"private":true}');
    // Workspace settings of the folder we were called from must not leak in, and install scripts are not needed.
    const args = [
      'install',
      name + '@' + version,
      '--prefix',
      work,
      '--ignore-scripts',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
    ];
    const result = runNpm(npm, args, work);
    const installed = path.join(work, 'node_modules', name);
    if (result.error || result.status !== 0 || !fs.existsSync(installed)) {
      const why = result.error
        ? result.error.message
        : (result.stderr || result.stdout || '').trim().split('\n').slice(-3).join(' ');
      return why || 'npm ended with code ' + result.status;
    }
    try {
      fs.renameSync(installed, target);
    } catch (error) {
      if (!fs.existsSync(target)) throw error; // somebody else was faster, with the same version
    }
    return '';
  } finally {
    remove(work);
  }
}

function mkdirs(folder) {
  if (fs.existsSync(folder)) return;
  mkdirs(path.dirname(folder));
  try {
    fs.mkdirSync(folder, 0o700);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

function remove(folder) {
  if (fs.rmSync) return fs.rmSync(folder, { recursive: true, force: true });
  return fs.rmdirSync(folder, { recursive: true });
}

/**
 * Path of a Node that is new enough. One line on stderr says so when one is fetched, and with `isTold` also when one that
 * was fetched earlier is used.
 * @param {boolean=} isTold
 * @returns {string}
 */
function findNode(isTold) {
  if (majorOf(process.version) >= minimumMajor) return process.execPath;
  const found = 'Node ' + process.version.replace(/^v/, '') + ' is too old (' + minimumMajor + ' or newer is needed)';
  if (process.env[guard]) fail(found + ', also in the second round. Check the node in ' + process.execPath + '.');
  const packageName = 'node-' + process.platform + '-' + process.arch;
  const target = path.join(
    dataFolder(process.env),
    'node',
    pinnedVersion + '-' + process.platform + '-' + process.arch
  );
  const node = path.join(target, 'bin', 'node');
  if (versionOf(node) === 'v' + pinnedVersion) {
    if (isTold)
      process.stderr.write('longhaul: ' + found + '; running on Node ' + pinnedVersion + ' from ' + target + '\n');
    return node;
  }
  if (process.platform !== 'linux' || ['x64', 'arm64'].indexOf(process.arch) < 0) {
    fail(
      found +
        ' and there is no prebuilt one for ' +
        process.platform +
        ' ' +
        process.arch +
        '. Install Node ' +
        minimumMajor +
        ' or newer.'
    );
  }
  process.stderr.write(
    'longhaul: ' + found + '; fetching Node ' + pinnedVersion + ' once from the npm registry into ' + target + '\n'
  );
  remove(target);
  const why = fetchPackage(npmCommand(process.env), packageName, pinnedVersion, target);
  if (why)
    fail(
      'could not fetch ' +
        packageName +
        '@' +
        pinnedVersion +
        ' (' +
        why +
        '). Install Node ' +
        minimumMajor +
        ' or newer, or let npm reach its registry.'
    );
  if (versionOf(node) !== 'v' + pinnedVersion)
    fail('the fetched Node does not run on this machine: ' + node + '. Install Node ' + minimumMajor + ' or newer.');
  return node;
}

/**
 * An npm that understands workspaces, run by `node`: the machine's own, or a pinned one where that is older than 9.
 * @returns {[string, string[]]}
 */
function findNpm(node) {
  const own = npmCommand(process.env);
  const ofNode = own[1].length > 0 ? [node, own[1]] : own;
  const version = runNpm(ofNode, ['--version'], os.tmpdir());
  if (version.status === 0 && majorOf(version.stdout) >= 9) return ofNode;
  const target = path.join(dataFolder(process.env), 'node', 'npm-' + pinnedNpmVersion);
  const cli = path.join(target, 'bin', 'npm-cli.js');
  if (!fs.existsSync(cli)) {
    process.stderr.write(
      'longhaul: npm 9 or newer is needed; fetching npm ' +
        pinnedNpmVersion +
        ' once from the npm registry into ' +
        target +
        '\n'
    );
    const why = fetchPackage(own, 'npm', pinnedNpmVersion, target);
    if (why) fail('could not fetch npm@' + pinnedNpmVersion + ' (' + why + ').');
  }
  return [node, [cli]];
}

/** The environment for whatever runs under `node`: its folder leads PATH, so that `#!/usr/bin/env node` finds it too. */
function environmentFor(node) {
  const env = Object.assign({}, process.env);
  env[guard] = '1';
  if (node !== process.execPath) env.PATH = path.dirname(node) + path.delimiter + (env.PATH || '');
  return env;
}

/** Runs `node args` in our place: same standard streams, signals passed on, its exit code is ours. */
function runInOurPlace(node, args) {
  const child = childProcess.spawn(node, args, { stdio: 'inherit', env: environmentFor(node) });
  const passOn = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'];
  passOn.forEach(signal => {
    // A terminal's Ctrl-C reaches the child by itself (same process group); a signal sent to us alone does not.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  });
  child.on('error', error => {
    fail('could not run ' + node + ': ' + error.message);
  });
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code);
    passOn.forEach(name => {
      process.removeAllListeners(name);
    });
    process.kill(process.pid, signal);
  });
}

module.exports = {
  minimumMajor: minimumMajor,
  pinnedVersion: pinnedVersion,
  dataFolder: dataFolder,
  environmentFor: environmentFor,
  fetchPackage: fetchPackage,
  findNode: findNode,
  findNpm: findNpm,
  npmCommand: npmCommand,
  runInOurPlace: runInOurPlace,
};
