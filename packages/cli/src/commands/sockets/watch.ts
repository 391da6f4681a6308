// `longhaul sockets watch [--app APP]`: parked sockets live, until Ctrl-C.
import type { Command } from 'commander';
import type { Run } from '../../context.ts';
import { watchChanges } from '../../watch/watch-changes.ts';
import { WatchedSockets } from '../../watch/watched-sockets.ts';
import { words } from '../../words.ts';

export function addSocketWatch(sockets: Command, run: Run): void {
  sockets
    .command('watch')
    .description(words.sockets.watch)
    .option('--app <app>', words.sockets.app)
    .option('--ndjson', words.sockets.ndjson)
    .action(
      run(async (context, { app }: { app?: string }) => {
        await using agent = await context.connect();
        return await watchChanges(context, options => agent.sockets.watch(options), new WatchedSockets(app));
      }),
    );
}
