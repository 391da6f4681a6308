#!/usr/bin/env node
// The `longhaul` command: chooses the Node (../bootstrap.cjs), then runs the program: its source inside the repository,
// the built files where it was installed from npm. Old Nodes parse this file too.
'use strict';

const fs = require('fs');
const path = require('path');
const bootstrap = require('../bootstrap.cjs');

const source = path.join(__dirname, '..', 'src', 'main.ts');
const isSource = fs.existsSync(source);
const program = isSource ? source : path.join(__dirname, '..', 'dist', 'main.js');
const node = bootstrap.findNode();

if (!isSource && node === process.execPath) {
  require('./in-process.cjs')(program);
} else {
  const flags = isSource ? ['--conditions=longhaul-source'] : [];
  bootstrap.runInOurPlace(node, flags.concat([program], process.argv.slice(2)));
}
