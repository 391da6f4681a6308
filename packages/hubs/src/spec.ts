// `@longhaul/hubs/spec`: what every lifetime manager must do, to be run by its own tests.

export type { LifetimeContractManagers, LifetimeContractSetup } from './spec/contract-stage.ts';
export { type ContractCase, lifetimeContract } from './spec/lifetime-contract.ts';
