import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentEnvironment } from './environment.ts';

test('the agent gets what it needs of its first caller and no secrets, debugger or preloads', () => {
  const given = {
    HOME: '/home/ann',
    PATH: '/bin',
    LC_ALL: 'C.UTF-8',
    XDG_STATE_HOME: '/s',
    LONGHAUL_HOME: 'relative',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    AWS_SECRET_ACCESS_KEY: 'secret',
    NODE_OPTIONS: '--inspect',
    LD_PRELOAD: '/tmp/x.so',
    NODE_CHANNEL_FD: '3',
  };
  assert.deepEqual(agentEnvironment(given, '/abs/relative'), {
    HOME: '/home/ann',
    PATH: '/bin',
    LC_ALL: 'C.UTF-8',
    XDG_STATE_HOME: '/s',
    LONGHAUL_HOME: '/abs/relative',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
  });
});
