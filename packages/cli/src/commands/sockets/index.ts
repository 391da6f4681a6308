// `longhaul sockets …`; without a verb it lists.
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { words } from '../../words.ts';
import { addSocketList } from './list.ts';
import { addSocketRemove } from './remove.ts';
import { addSocketShow } from './show.ts';
import { addSocketWatch } from './watch.ts';

export function addSocketCommands(program: Command, run: Run): void {
  const sockets = program.command('sockets').description(words.sockets.about).addHelpText('after', words.sockets.help);
  addSocketList(sockets, run);
  addSocketShow(sockets, run);
  addSocketWatch(sockets, run);
  addSocketRemove(sockets, run);
}
