// @longhaul/agent-protocol/plain: what needs no schemas, and none is loaded with it. Importing the SDK stands before the first line
// of every task and every app, and a fifth of that was the schemas (decision 178).
export * from './changes.ts';
export * from './checks.ts';
export * from './errors.ts';
export * from './socket-limits.ts';
export * from './words.ts';
