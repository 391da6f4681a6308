// Runs the built program in this very process (one Node instead of two). Apart, because old Nodes cannot parse `import()`.
'use strict';

const url = require('url');

module.exports = program => {
  import(url.pathToFileURL(program).href).catch(error => {
    console.error(error);
    process.exitCode = 1;
  });
};
