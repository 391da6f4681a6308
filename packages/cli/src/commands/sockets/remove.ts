// `longhaul sockets remove [--app APP] ID…|--all|--closed`: shows the records as they last were.
import { LonghaulError, type SocketRecord } from '@longhaul/agent-protocol';
import type { Command } from 'commander';
import { findSocket } from '../../arguments/socket-name.ts';
import type { Run } from '../../context.ts';
import { assertMeant } from '../../each-transfer.ts';
import { forEach, showOutcome } from '../../outcome.ts';
import { safeText } from '../../output/safe-text.ts';
import { words } from '../../words.ts';

interface Options {
  readonly app?: string;
  readonly all?: true;
  readonly closed?: true;
}

export function addSocketRemove(sockets: Command, run: Run): void {
  sockets
    .command('remove')
    .description(words.sockets.remove)
    .argument('[id...]', words.sockets.idArgument)
    .option('--app <app>', words.sockets.app)
    .option('--all', words.options.all)
    .option('--closed', words.sockets.closed)
    .action(
      run(async (context, ids: string[], options: Options) => {
        const { app } = options;
        const all = meantBy(options);
        assertMeant({ ids, all });
        await using agent = await context.connect();
        const known = await agent.sockets.list();
        const remove = async (socket: SocketRecord) => {
          await agent.sockets.remove({ app: socket.app, id: socket.id });
          return socket;
        };
        const removed = all
          ? await forEach(
              context,
              known.filter(socket => (app === undefined || socket.app === app) && all(socket)),
              false,
              socket => `${socket.app} ${socket.id}`,
              remove,
            )
          : await forEach(
              context,
              [...new Set(ids)],
              ids.length === 1,
              id => id,
              async id => remove(findSocket(known, id, app)),
            );
        return showOutcome(
          context,
          removed,
          records => records.map(socket => words.notices.removedSocket(socket.app, safeText(socket.id))),
          words.notices.noSuchSockets,
        );
      }),
    );
}

function meantBy({ all, closed }: Options): ((socket: SocketRecord) => boolean) | undefined {
  if (all && closed) throw new LonghaulError('invalid-argument', 'give --all or --closed, not both');
  if (closed) return ({ status }) => status === 'orphaned' || status === 'closed';
  return all && (() => true);
}
