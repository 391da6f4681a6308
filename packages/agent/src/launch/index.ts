// @longhaul/agent/launch: how SDK and command find, start and await the agent, and what they prove themselves with.
export { type Grant, grantFile, readGrant, readOwnerToken } from './credentials.ts';
export type { Endpoint } from './endpoint.ts';
export { type EnsureAgentOptions, ensureAgent } from './ensure-agent.ts';
export { findAgent } from './find-agent.ts';
export { type ForegroundOptions, runKeeperInForeground } from './foreground.ts';
export { type StartOptions, startKeeper } from './start-keeper.ts';
export { type WaitForEndOptions, waitForAgentEnd } from './wait-for-end.ts';
