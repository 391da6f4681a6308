// `longhaul app unregister ID`
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { words } from '../../words.ts';

export function addUnregister(app: Command, run: Run): void {
  app
    .command('unregister')
    .description(words.app.unregister)
    .argument('<id>')
    .action(
      run(async (context, id: string) => {
        await using agent = await context.connect();
        await agent.unregisterApp(id);
        context.output.data({ id }, [words.notices.unregistered(id)]);
        return 0;
      }),
    );
}
