// What a wake is held against: a server in a running process, whose first line for what comes says when it ran.

import { createServer } from 'node:net';
import { run } from './program.ts';

run({
  server: createServer({ noDelay: true }, socket => {
    socket.on('data', () => {
      const at = process.hrtime.bigint();
      socket.write(`${at}\n`);
    });
    socket.on('error', () => socket.destroy());
  }),
});
