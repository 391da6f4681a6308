// Everything the agent and its clients say to each other. The public exports of @longhaul/agent-protocol.
export * from './agent.ts';
export * from './app-id.ts';
export * from './plain.ts';
export * from './run-explanations.ts';
export * from './settings.ts';
export * from './socket-door.ts';
export * from './sockets.ts';
export * from './tasks.ts';
export * from './transfers.ts';
