// Entry of the agent process, forked by its keeper and by nobody else. Starts on its order, ends on its order or its death.
import type { Socket } from 'node:net';
import { LonghaulError } from '@longhaul/agent-protocol';
import { type Agent, openAgent } from './agent.ts';
import type { StartFailure } from './keeper/keeper-states.ts';
import { KeeperLink, type StartOrder } from './keeper/link.ts';
import { resolvePaths } from './paths.ts';
import { compileEarly } from './platform/early-code.ts';
import { isOutOfSpace } from './platform/free-space.ts';

process.title = 'longhaul-agent';
// Ctrl-C reaches the whole foreground group; the keeper decides what it means.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});

let agent: Agent | undefined;
let isStopAsked = false;

const link = new KeeperLink(process, {
  started: order => void start(order),
  connected: (via, socket: Socket) => {
    if (agent === undefined) socket.destroy();
    else agent.take(via, socket);
  },
  stopAsked: () => void stop(),
  // Everything acknowledged is durable; without its keeper it must not acknowledge anything more.
  gone: () => process.exit(1),
});
// Through the keeper, which holds new connections first: to end for good, its keeper is the one to tell.
process.on('SIGTERM', () => void link.askToRenew());

async function start(order: StartOrder): Promise<void> {
  try {
    agent = await openAgent({ paths: resolvePaths(process.env), order, keeper: link });
  } catch (error) {
    // What has a code reaches whoever asked for the start; the rest would be lost with this process.
    if (!(error instanceof LonghaulError)) console.error(new Date().toISOString(), 'agent:', error);
    await link.failed(failureOf(error));
    process.exit(1);
  }
  if (isStopAsked) return await stop();
  await link.ready();
  compileEarly();
}

async function stop(): Promise<void> {
  isStopAsked = true;
  if (agent === undefined) return; // not started yet: `start` looks again; or ending already
  const ending = agent;
  agent = undefined;
  try {
    await ending[Symbol.asyncDispose]();
  } catch (error) {
    console.error(new Date().toISOString(), 'agent: while ending:', error);
    process.exit(1);
  }
  process.exit(0);
}

function failureOf(error: unknown): StartFailure {
  if (error instanceof LonghaulError) {
    return { code: error.code, message: error.message, isFatal: error.code !== 'internal' };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (isOutOfSpace(error)) return { code: 'disk-full', message, isFatal: true };
  return { code: 'internal', message, isFatal: false };
}
