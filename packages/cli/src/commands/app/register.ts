// `longhaul app register MANIFEST`
import { resolve } from 'node:path';
import { type AppManifest, LonghaulError } from '@longhaul/agent-protocol';
import { readManifest } from '@longhaul/client';
import type { Command } from 'commander';
import type { CommandContext, Run } from '../../context.ts';
import { appText } from '../../output/app-text.ts';
import { words } from '../../words.ts';

export function addRegister(app: Command, run: Run): void {
  app
    .command('register')
    .description(words.app.register)
    .argument('<manifest>')
    .action(
      run(async (context, path: string) => {
        const manifest = await manifestAt(path, context);
        await using agent = await context.connect();
        const record = await agent.registerApp(manifest);
        // Whoever says it again has changed something, be it in code that no manifest names.
        await agent.tasks.renew(record.id);
        context.output.data(record, appText([record], context.output.width));
        return 0;
      }),
    );
}

/** What comes on stdin has no folder but the one that it names. */
async function manifestAt(path: string, context: CommandContext): Promise<AppManifest> {
  if (path !== '-') return await readManifest(resolve(context.surroundings.currentFolder, path));
  const text = await context.readText(path);
  try {
    // An object whatever it is: a text is no path here.
    return await readManifest(Object(JSON.parse(text)));
  } catch (cause) {
    if (cause instanceof LonghaulError) throw cause;
    throw new LonghaulError('invalid-argument', `what came on stdin is no JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}
