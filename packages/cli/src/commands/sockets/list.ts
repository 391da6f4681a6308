// `longhaul sockets [--app APP] [--status …]`: one array with --json, oldest first.
import { type SocketStatus, socketStatuses } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import { choices } from '../../arguments/choices.ts';
import type { Run } from '../../context.ts';
import { socketsText } from '../../output/socket-text.ts';
import { words } from '../../words.ts';

interface Options {
  readonly app?: string;
  readonly status?: readonly SocketStatus[];
}

export function addSocketList(sockets: Command, run: Run): void {
  sockets
    .command('list', { isDefault: true })
    .alias('ls')
    .description(words.sockets.list)
    .option('--app <app>', words.sockets.app)
    .option('--status <status,...>', `${words.list.status} (${socketStatuses.join(', ')})`, choices(socketStatuses))
    .action(
      run(async (context, { app, status: statuses }: Options) => {
        await using agent = await context.connect();
        const all = await agent.sockets.list();
        const records = all.filter(
          socket => (app === undefined || socket.app === app) && (statuses?.includes(socket.status) ?? true),
        );
        const { output } = context;
        const { noSockets, noSuchSockets } = words.notices;
        if (records.length === 0) output.notice(all.length === 0 ? noSockets : noSuchSockets);
        output.data(records, records.length > 0 ? socketsText(records, Date.now(), output.width) : []);
        return 0;
      }),
    );
}
