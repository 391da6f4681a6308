// The contract of every lifetime manager, as cases for any test runner: `for (const { name, run } of
// lifetimeContract(setup)) test(name, run)`. A manager that joins servers has to pass each of them over two as well.
import { answerCases } from './answer-cases.ts';
import { ContractStage, type LifetimeContractSetup, maximumGroups } from './contract-stage.ts';
import { presenceCases } from './presence-cases.ts';
import { sendingCases } from './sending-cases.ts';

export interface ContractCase {
  readonly name: string;
  /** Rejects with an AssertionError when the manager breaks the contract. */
  readonly run: () => Promise<void>;
}

export type StageCases = Readonly<Record<string, (stage: ContractStage) => Promise<void>>>;

export function lifetimeContract(setup: LifetimeContractSetup): readonly ContractCase[] {
  const cases = Object.entries({ ...sendingCases, ...answerCases, ...presenceCases });
  const on = (servers: number, suffix: string): ContractCase[] =>
    cases.map(([name, act]) => ({
      name: name + suffix,
      run: async () => {
        const created = await setup.create(servers, { maximumGroupsPerConnection: maximumGroups });
        try {
          await act(new ContractStage(created.managers));
        } finally {
          await created.close?.();
        }
      },
    }));
  return [...on(1, ''), ...(setup.servers === 2 ? on(2, ', over two servers') : [])];
}
