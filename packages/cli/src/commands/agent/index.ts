// `longhaul agent …`
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { words } from '../../words.ts';
import { addRestart } from './restart.ts';
import { addRun } from './run.ts';
import { addStart } from './start.ts';
import { addStatus } from './status.ts';
import { addStop } from './stop.ts';

export function addAgentCommands(program: Command, run: Run): void {
  const agent = program.command('agent').description(words.agent.about);
  addRun(agent, run);
  addStart(agent, run);
  addStop(agent, run);
  addRestart(agent, run);
  addStatus(agent, run);
}
