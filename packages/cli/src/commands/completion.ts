// `longhaul completion bash|zsh|fish`: the shell's script, on stdout.
import { Argument, type Command } from 'commander';
import { commandTable } from '../completion/command-table.ts';
import { completionScript, type Shell, shells } from '../completion/scripts.ts';
import type { Run } from '../context.ts';
import { words } from '../words.ts';

export function addCompletion(program: Command, run: Run): void {
  program
    .command('completion')
    .description(words.completion.about)
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText('after', words.completion.help)
    .action(
      run(async ({ output }, shell: Shell) => {
        const script = completionScript[shell](commandTable(program));
        output.data({ shell, script }, [script.trimEnd()]);
        return 0;
      }),
    );
}
