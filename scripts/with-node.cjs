// Runs one of the repository's scripts: on a Node that is new enough, with the dependencies of package-lock.json in place.
// Usage: node scripts/with-node.cjs scripts/NAME.ts [arguments]. Old Nodes parse this file.
'use strict';

const childProcess = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const bootstrap = require('../packages/cli/bootstrap.cjs');

const root = path.join(__dirname, '..');

/** `npm ci` when package-lock.json is not the one that node_modules was made from. */
function installDependencies(node) {
  const stamp = path.join(root, 'node_modules', '.longhaul-lock');
  const wanted = crypto
    .createHash('sha256')
    .update(fs.readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write(
    'longhaul: installing the dependencies of package-lock.json (npm ci, without install scripts)\n'
  );
  const npm = bootstrap.findNpm(node);
  const result = childProcess.spawnSync(
    npm[0],
    npm[1].concat(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']),
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
      env: bootstrap.environmentFor(node),
    }
  );
  if (result.status !== 0) {
    process.stderr.write(
      'longhaul: npm ci did not succeed; the lines above say why. The npm registry must be reachable once.\n'
    );
    process.exit(result.status || 1);
  }
  fs.writeFileSync(stamp, wanted);
}

const node = bootstrap.findNode(true);
installDependencies(node);
bootstrap.runInOurPlace(node, ['--conditions=longhaul-source'].concat(process.argv.slice(2)));
