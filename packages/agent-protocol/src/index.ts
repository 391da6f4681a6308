// Everything the agent and its clients say to each other. The public exports of @longhaul/agent-protocol.
export * from './agent.ts';
export * from './errors.ts';
export * from './transfers.ts';
