// `longhaul app …`
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { words } from '../../words.ts';
import { addAppList } from './list.ts';
import { addRegister } from './register.ts';
import { addUnregister } from './unregister.ts';

export function addAppCommands(program: Command, run: Run): void {
  const app = program.command('app').description(words.app.about);
  addRegister(app, run);
  addUnregister(app, run);
  addAppList(app, run);
}
